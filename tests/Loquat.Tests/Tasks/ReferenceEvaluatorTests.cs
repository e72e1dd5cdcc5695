using Loquat.Tasks;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.AI.Evaluation;

namespace Loquat.Tests.Tasks;

public sealed class ReferenceEvaluatorTests
{
    private static readonly ChatMessage[] _question = [new(ChatRole.User, "Where?")];

    [Fact]
    public async Task Answers_are_scored_against_their_references()
    {
        var evaluator = new ReferenceEvaluator("squad_f1", "exact_match", "rougeL", "bleu", "chrf", "ter", "rouge1", "rouge2", "squad_exact");
        var result = await evaluator.EvaluateAsync(_question, new ChatResponse(new ChatMessage(ChatRole.Assistant, "in the old mill")), additionalContext: [new ReferenceContext("the mill", "in the old mill")], cancellationToken: TestContext.Current.CancellationToken);
        foreach (var name in evaluator.EvaluationMetricNames) result.Get<NumericMetric>(name).Value.Should().BeApproximately(name switch { "bleu" or "chrf" => 100, "ter" => 0, _ => 1 }, 1e-9, name);
    }

    [Fact]
    public async Task Without_references_there_is_a_diagnostic()
    {
        var result = await new ReferenceEvaluator("bleu").EvaluateAsync(_question, new ChatResponse(new ChatMessage(ChatRole.Assistant, "x")), cancellationToken: TestContext.Current.CancellationToken);
        result.Get<NumericMetric>("bleu").Value.Should().BeNull();
        result.Get<NumericMetric>("bleu").Diagnostics.Should().ContainSingle(d => d.Severity == EvaluationDiagnosticSeverity.Error);
        var make = () => new ReferenceEvaluator("blue");
        make.Should().Throw<OptionsException>().WithMessage("*Did you mean 'bleu'?*");
    }
}
