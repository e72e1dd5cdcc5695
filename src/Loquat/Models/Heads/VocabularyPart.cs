using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Heads;

/// <summary>
/// The token at each position: transform, then the projection to the vocabulary with a bias. Only positions with a label go through it, a seventh of them in masked training,
/// and their logits never exist whole.
/// </summary>
/// <param name="Weight">Name of the projection, (V, E): the embedding's where the two are one.</param>
/// <param name="Vocabulary">V.</param>
/// <param name="Width">Columns of the projection.</param>
public sealed record VocabularyPart(string Weight, long Vocabulary, long Width) : HeadPart
{
    /// <summary>Name of the bias, (V); null: none.</summary>
    public string? Bias { get; init; }

    /// <summary>Whether the projection is a parameter of its own, not the embedding.</summary>
    public bool OwnsWeight { get; init; }

    /// <summary>Names under which a file may hold projection and bias once more.</summary>
    public string? WeightAlias { get; init; }

    public string? BiasAlias { get; init; }

    /// <summary>How an own projection starts; null: as the matrices.</summary>
    public Initializer? WeightStart { get; init; }

    internal override bool IsOfRows => false;

    public override IEnumerable<ParameterSpec> Parameters(Initializer start)
    {
        foreach (var spec in Transform?.Parameters(start) ?? []) yield return spec;
        if (OwnsWeight) yield return new(Weight, [Vocabulary, Width], WeightStart ?? start, ParameterRole.Head);
        if (Bias is not null) yield return new(Bias, [Vocabulary], Initializer.Zeros, ParameterRole.Vector);
    }

    public override IEnumerable<(string Alias, string Parameter)> Tied
    {
        get
        {
            if (WeightAlias is not null && WeightAlias != Weight) yield return (WeightAlias, Weight);
            if (BiasAlias is not null && Bias is not null && BiasAlias != Bias) yield return (BiasAlias, Bias);
        }
    }

    internal override Tensor Logits(Tensor hidden, HeadContext context)
    {
        var x = Transform?.Apply(hidden, context) ?? hidden;
        return Linear.Apply(x, context[Weight], Bias is null ? null : context[Bias]);
    }

    internal override void CheckLabels(Tensor ids, Tensor labels)
    {
        if (labels.dtype != ScalarType.Int64 || !labels.shape.SequenceEqual(ids.shape)) throw WrongLabels(labels, $"a token for each, {TensorRange.Describe(ids)}");
        TensorRange.Check(labels, long.MinValue, Vocabulary, "label", $"the vocabulary of this model is 0 to {Vocabulary - 1}.");
    }

    internal override double Loss(Tensor hidden, Tensor labels, double scale, Tensor? gradient, Span<double> losses, HeadContext context)
    {
        using var grad = enable_grad(gradient is not null);
        using var scope = NewDisposeScope();
        var flat = labels.reshape(-1);                                                          // (B · T)
        var places = flat.ge(0).nonzero().squeeze(1);                                           // (n): those that count
        losses.Clear();
        if (places.numel() == 0) return 0;
        var rows = hidden.detach().reshape(-1, hidden.shape[^1]).index_select(0, places).requires_grad_(gradient is not null);     // (n, E)
        var x = Transform?.Apply(rows, context) ?? rows;
        var dx = gradient is null ? null : empty_like(x);
        var each = new double[places.numel()];
        var sum = VocabularyHead.CrossEntropy(x.detach(), context.Parameter(Weight), flat.index_select(0, places), scale, dx, each, Bias is null ? null : context.Parameter(Bias), options: context.Forward.LossOptions);
        var at = places.cpu().data<long>();
        for (var i = 0; i < each.Length; i++) losses[(int)at[i]] = each[i];
        if (gradient is null) return sum;
        if (Transform is not null) x.backward([dx!]);
        using var guard = no_grad();
        gradient.view(-1, hidden.shape[^1]).index_add_(0, places, Transform is null ? dx! : rows.grad!, 1);
        return sum;
    }
}
