using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Heads;

/// <summary>
/// One thing that a head tells of the states under it, with its loss. It knows names of parameters and no backbone: whatever gives states of (B, T, E) can carry it.
/// </summary>
public abstract record HeadPart
{
    // B batch, T tokens, E width, C outputs

    /// <summary>What comes before the last layer; null: nothing.</summary>
    public HeadTransform? Transform { get; init; }

    /// <summary>Every parameter's name, shape, start and role.</summary>
    /// <param name="start">Of matrices.</param>
    public abstract IEnumerable<ParameterSpec> Parameters(Initializer start);

    /// <summary>Names under which a file may hold a parameter a second time, and what each must equal.</summary>
    public virtual IEnumerable<(string Alias, string Parameter)> Tied => [];

    /// <summary>Whether it tells something of whole rows, not of tokens.</summary>
    internal abstract bool IsOfRows { get; }

    /// <param name="hidden">(B, T, E).</param>
    /// <returns>(B, T, C), (B, T) where there is but one output; (B, C) of rows.</returns>
    internal abstract Tensor Logits(Tensor hidden, HeadContext context);

    /// <exception cref="OptionsException">The labels have another shape, type or range than this head's.</exception>
    internal abstract void CheckLabels(Tensor ids, Tensor labels);

    /// <summary>The sum of the losses in nats (squared errors of a regression).</summary>
    /// <param name="hidden">(B, T, E), not connected to autograd.</param>
    /// <param name="scale">Factor of the gradients.</param>
    /// <param name="gradient">(B, T, E): the gradient of the scaled sum is added to it; null: the loss alone.</param>
    /// <param name="losses">Receives each label's loss, 0 where it does not count.</param>
    internal abstract double Loss(Tensor hidden, Tensor labels, double scale, Tensor? gradient, Span<double> losses, HeadContext context);

    /// <summary>Forward and backward of a loss of the caller's own.</summary>
    /// <param name="loss">Of the logits, in operations that autograd follows: any number of losses, which are added up.</param>
    /// <returns>Their sum.</returns>
    internal double Loss(Tensor hidden, Func<Tensor, Tensor> loss, double scale, Tensor gradient, HeadContext context) =>
        Differentiate(hidden, states => loss(Logits(states, context)).sum(), scale, gradient, new double[1]);

    /// <summary>Forward and backward of what autograd follows: from some of the states to one loss for each label.</summary>
    /// <param name="states">States, or those of them that count.</param>
    /// <param name="each">The losses, in the order of the labels.</param>
    /// <param name="gradient">Of <paramref name="states"/>' shape: added to; null: the loss alone.</param>
    private protected static double Differentiate(Tensor states, Func<Tensor, Tensor> each, double scale, Tensor? gradient, Span<double> losses)
    {
        using var grad = enable_grad(gradient is not null);
        using var scope = NewDisposeScope();
        var leaf = states.detach().requires_grad_(gradient is not null);
        var all = each(leaf);
        var values = all.detach().to(ScalarType.Float64).cpu().reshape(-1).data<double>();
        values.CopyTo(losses);
        double sum = 0;
        foreach (var loss in losses) sum += loss;
        if (gradient is null) return sum;
        (all.sum() * scale).backward();
        using var guard = no_grad();
        gradient.add_(leaf.grad!);
        return sum;
    }

    private protected static OptionsException PlainOnly(string what) => new($"label_smoothing, z_loss, r_drop_alpha or class_weights are given; a head that tells {what} has a loss without them. Leave them out.");

    private protected static OptionsException WrongLabels(Tensor labels, string expected) => new($"the labels are {TensorRange.Describe(labels)}; this head takes {expected}.");
}
