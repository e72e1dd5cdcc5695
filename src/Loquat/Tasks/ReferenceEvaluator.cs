using Loquat.Text.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Loquat.Tasks;

/// <summary>The texts that an answer is compared with, for <see cref="ReferenceEvaluator"/>.</summary>
/// <param name="references">One or more right answers.</param>
public sealed class ReferenceContext(params IReadOnlyList<string> references) : EvaluationContext(ContextName, [.. references.Select(r => (AIContent)new TextContent(r))])
{
    public const string ContextName = "Loquat references";

    public IReadOnlyList<string> References { get; } = references;
}

/// <summary>
/// Metrics of this library as an evaluator of Microsoft.Extensions.AI: BLEU and chrF of a sentence and TER (0 to 100), ROUGE-1, ROUGE-2, ROUGE-L, SQuAD's F1 and exact match (0 to 1). Local: no model judges. An answer without a
/// <see cref="ReferenceContext"/> gets a diagnostic instead of numbers.
/// </summary>
public sealed class ReferenceEvaluator : Microsoft.Extensions.AI.Evaluation.IEvaluator
{
    private static readonly Dictionary<string, Func<string, IReadOnlyList<string>, double>> _known = new()
    {
        ["bleu"] = (answer, references) => new Bleu(new() { EffectiveOrder = true }).Sentence(answer, references).Score,
        ["chrf"] = (answer, references) => new Chrf().Sentence(answer, references).Score,
        ["ter"] = (answer, references) => new Ter().Sentence(answer, references).Score,
        ["rouge1"] = (answer, references) => new Rouge().Sentence(answer, references).N[0].F,
        ["rouge2"] = (answer, references) => new Rouge().Sentence(answer, references).N[1].F,
        ["rougeL"] = (answer, references) => new Rouge().Sentence(answer, references).L.F,
        ["exact_match"] = (answer, references) => references.Any(r => new ExactMatch().Matches(answer, r)) ? 1 : 0,
        ["squad_exact"] = (answer, references) => Squad.Version1(answer, references).Exact,
        ["squad_f1"] = (answer, references) => Squad.Version1(answer, references).F1,
    };

    /// <param name="metrics">Names: bleu, chrf, ter, rouge1, rouge2, rougeL, exact_match, squad_exact, squad_f1.</param>
    /// <exception cref="OptionsException">There is no such metric.</exception>
    public ReferenceEvaluator(params IReadOnlyList<string> metrics)
    {
        foreach (var metric in metrics)
            if (!_known.ContainsKey(metric)) throw new OptionsException($"there is no metric '{metric}' of an answer. {NearestName.Advice(metric, _known.Keys)}");
        EvaluationMetricNames = [.. metrics.Count > 0 ? metrics : throw new OptionsException("name a metric, such as rougeL.")];
    }

    public IReadOnlyCollection<string> EvaluationMetricNames { get; }

    /// <summary>Scores an answer.</summary>
    /// <param name="messages">Not looked at.</param>
    /// <param name="modelResponse">The answer.</param>
    /// <param name="chatConfiguration">Not needed: no model is asked.</param>
    /// <param name="additionalContext">Holds a <see cref="ReferenceContext"/>.</param>
    public ValueTask<Microsoft.Extensions.AI.Evaluation.EvaluationResult> EvaluateAsync(
        IEnumerable<ChatMessage> messages, ChatResponse modelResponse, ChatConfiguration? chatConfiguration = null, IEnumerable<EvaluationContext>? additionalContext = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(modelResponse);
        cancellationToken.ThrowIfCancellationRequested();
        var context = additionalContext?.OfType<ReferenceContext>().FirstOrDefault();
        var metrics = EvaluationMetricNames.Select(name => new NumericMetric(name, context is null || context.References.Count == 0 ? null : _known[name](modelResponse.Text, context.References))).ToList();
        if (context is null || context.References.Count == 0)
            foreach (var metric in metrics) metric.AddDiagnostics(EvaluationDiagnostic.Error($"there is nothing to compare with: give a {nameof(ReferenceContext)} with one reference or more."));
        else
            foreach (var metric in metrics) metric.AddOrUpdateContext(context);
        return ValueTask.FromResult(new Microsoft.Extensions.AI.Evaluation.EvaluationResult(metrics));
    }
}
