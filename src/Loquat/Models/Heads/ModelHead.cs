using Loquat.Layers;
using static TorchSharp.torch;

namespace Loquat.Models.Heads;

/// <summary>What a head says of a batch, before any softmax.</summary>
/// <param name="Tokens">(B, T, C), or (B, T) of a replaced-token detector; null: it tells nothing of tokens.</param>
/// <param name="Rows">(B, C); null: it tells nothing of rows.</param>
public sealed record HeadLogits(Tensor? Tokens, Tensor? Rows);

/// <summary>A head on the states of a model: its parts, and where their parameters are. It owns none.</summary>
public sealed class ModelHead
{
    private readonly Func<string, Parameter> _parameter;

    /// <param name="kind">What it is for.</param>
    /// <param name="parts">What it tells; those of tokens before that of rows.</param>
    /// <param name="parameter">The model's parameter of a name.</param>
    public ModelHead(HeadKind kind, IReadOnlyList<HeadPart> parts, Func<string, Parameter> parameter) => (Kind, Parts, _parameter) = (kind, parts, parameter);

    public HeadKind Kind { get; }

    public IReadOnlyList<HeadPart> Parts { get; }

    /// <summary>Whether it tells something of tokens, and of rows besides.</summary>
    internal bool TakesRowLabels => Parts.Count == 2;

    internal HeadContext ContextOf(ForwardContext context) => new(_parameter, context);

    /// <param name="hidden">(B, T, E).</param>
    public HeadLogits Logits(Tensor hidden, ForwardContext context)
    {
        var known = new HeadContext(_parameter, context);
        return new(Parts.FirstOrDefault(part => !part.IsOfRows)?.Logits(hidden, known), Parts.FirstOrDefault(part => part.IsOfRows)?.Logits(hidden, known));
    }

    /// <exception cref="OptionsException">Labels of another shape, type or range than this head takes.</exception>
    internal void CheckLabels(Tensor ids, Tensor labels, Tensor? rowLabels)
    {
        if (Parts.Count == 0) throw new OptionsException("this model has no head, so there is nothing to train it for or to score. Give it one: `architectures` of its config.json, or Head of its configuration.");
        Parts[0].CheckLabels(ids, labels);
        if (rowLabels is null) return;
        if (!TakesRowLabels) throw new OptionsException($"the batch has labels of whole rows beside others; a head for {Kind} has no part for them.");
        Parts[1].CheckLabels(ids, rowLabels);
    }

    /// <summary>The sum of the losses of all parts.</summary>
    /// <param name="hidden">(B, T, E), not connected to autograd.</param>
    /// <param name="rowWeight">What a row's label weighs where a token's weighs 1.</param>
    /// <param name="gradient">(B, T, E): added to; null: the loss alone.</param>
    /// <param name="losses">One for each label, then for each row's label; weighed.</param>
    internal double Loss(Tensor hidden, Tensor labels, Tensor? rowLabels, double rowWeight, double scale, Tensor? gradient, double[]? losses, ForwardContext context)
    {
        var known = new HeadContext(_parameter, context);
        var count = (int)labels.numel();
        var each = new double[count + (int)(rowLabels?.numel() ?? 0)];
        var sum = Parts[0].Loss(hidden, labels, scale, gradient, each.AsSpan(0, count), known);
        if (rowLabels is not null)
        {
            sum += rowWeight * Parts[1].Loss(hidden, rowLabels, scale * rowWeight, gradient, each.AsSpan(count), known with { Forward = context.WithPlainLoss() });
            for (var i = count; i < each.Length; i++) each[i] *= rowWeight;
        }
        if (losses is not null) each.AsSpan(0, Math.Min(each.Length, losses.Length)).CopyTo(losses);
        return sum;
    }
}
