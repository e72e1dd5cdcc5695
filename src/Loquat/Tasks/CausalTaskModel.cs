using Loquat.Evaluation;
using Loquat.Generation;
using Loquat.Models;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Tasks;

/// <summary>A causal model and its tokenizer. Texts are cut into tokens as lm-evaluation-harness does: prompt and continuation together, and the tokens behind those of the prompt alone are scored.</summary>
public sealed class CausalTaskModel : ITaskModel
{
    private readonly CausalModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly IReadOnlyList<int> _beginning;
    private readonly int _prefix;
    private readonly TextGenerator _generator;

    /// <param name="model">Used, not owned.</param>
    public CausalTaskModel(CausalModel model, Tokenizer tokenizer, string name, string fingerprint)
    {
        (_model, Name, Fingerprint) = (model, name, fingerprint);
        // What a file says of cutting and filling rows is for training.
        _tokenizer = tokenizer.Components is { Truncation: null, Padding: null } ? tokenizer : tokenizer.With(null, null);
        _beginning = PromptIds.Beginning(_tokenizer);
        _prefix = PromptIds.Of("", _tokenizer, model.Config)[0];
        _generator = new TextGenerator(model, _tokenizer);
    }

    public string Name { get; }

    public string Fingerprint { get; }

    public IReadOnlyList<TaskKind> Kinds { get; } = Enum.GetValues<TaskKind>();

    /// <inheritdoc/>
    public ITaskScorer Scorer(TaskKind kind, IReadOnlyList<IReadOnlyList<(string Context, string Continuation)>> documents, string shared)
    {
        if (kind == TaskKind.Perplexity) return TokenTaskScorer.OfWindows([.. documents.Select(d => Rolling(d[0].Continuation))], requests => new CausalLikelihood(_model, requests));
        int[] begin = [.. _beginning, .. _tokenizer.EncodeIds(shared)];
        return new TokenTaskScorer([.. documents.Select(Requests)], requests => new CausalLikelihood(_model, requests, begin));
    }

    /// <summary>The tokens of a document that is scored: a request for each pair of a prompt and what follows it.</summary>
    public IReadOnlyList<LikelihoodRequest> Requests(IReadOnlyList<(string Context, string Continuation)> pairs) => [.. pairs.Select(pair => Request(pair.Context, pair.Continuation))];

    /// <summary>The requests of a text of any length, each of its tokens scored once.</summary>
    public IReadOnlyList<LikelihoodRequest> Rolling(string text) => [.. RollingWindows.Of(_tokenizer.EncodeIds(text), _prefix, _model.Positions)];

    /// <inheritdoc/>
    public string Write(string prompt, TaskGeneration generation, int sample, CancellationToken cancellation)
    {
        List<int> ids = [.. _beginning, .. _tokenizer.EncodeIds(prompt)];
        if (ids.Count == 0) ids.Add(_prefix);
        // The end of a long prompt counts, and there is room for the answer.
        var room = Math.Max(1, _model.Positions - generation.MaxNewTokens);
        if (ids.Count > room) ids.RemoveRange(0, ids.Count - room);
        return string.Concat(_generator.Continue(ids, Sampling(generation, sample), cancellation));
    }

    internal static SamplingOptions Sampling(TaskGeneration generation, int sample) => new()
    {
        MaxNewTokens = generation.MaxNewTokens,
        StopSequences = generation.Stop,
        Temperature = generation.Temperature,
        TopP = generation.TopP,
        Seed = generation.Seed + (ulong)sample,
    };

    private LikelihoodRequest Request(string context, string continuation)
    {
        // White space at the end of a prompt belongs to the words that follow.
        var end = context.Length - context.TrimEnd().Length;
        if (end > 0) (context, continuation) = (context[..^end], context[^end..] + continuation);
        if (context.Length == 0) return new(_beginning.Count > 0 ? _beginning : [_prefix], _tokenizer.EncodeIds(continuation));
        var (before, whole) = (_tokenizer.EncodeIds(context), _tokenizer.EncodeIds(context + continuation));
        return new([.. _beginning, .. before], whole[Math.Min(before.Count, whole.Count)..]);
    }
}
