using Loquat.Layers;
using Loquat.Layers.StateSpace;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Mamba;

/// <summary>
/// What a layer of Mamba computes (Gu and Dao 2023, section 3.4): a projection to channels and gates, a short convolution, a selective scan whose steps, inputs and outputs depend on
/// the channels, and a projection back.
/// </summary>
/// <param name="In">(2 · D, E): the channels, then their gates.</param>
/// <param name="Kernel">(D, 1, K).</param>
/// <param name="KernelBias">(D) or null.</param>
/// <param name="Select">(R + 2 · N, D): of the time steps, B and C.</param>
/// <param name="Steps">(D, R).</param>
/// <param name="LogRates">(D, N): ln -A.</param>
/// <param name="Skip">(D).</param>
/// <param name="Out">(E, D).</param>
internal sealed record MambaMixer(Affine In, Parameter Kernel, Parameter? KernelBias, Parameter Select, Affine Steps, Parameter LogRates, Parameter Skip, Affine Out)
{
    // B batch, T tokens, E width, D channels, N states, R rank of the time steps, K taps

    /// <param name="x">(B, T, E).</param>
    /// <param name="history">(B, K - 1, D): the channels before these; goes on. Null: none.</param>
    /// <param name="state">(B, N, D): goes on. Null: zeros.</param>
    /// <returns>(B, T, E).</returns>
    public Tensor Apply(Tensor x, ActivationKind activation, Tensor? history = null, Tensor? state = null, TokenMarks? marks = null)
    {
        var channels = Skip.Value.shape[0];
        var u = Part(x, 0, channels);                                                               // (B, T, D)
        var gate = Part(x, channels, channels);
        if (marks is not null) u = marks.Blank(u);
        var convolved = CausalConvolution.Apply(u, Kernel.Value, KernelBias?.Value, history, marks?.Starts is null ? null : marks.Bytes);
        if (history is not null) CausalConvolution.Remember(u, history);
        var h = Activation.Apply(convolved.to(x.dtype), activation);
        var selected = Linear.Apply(h, Select);                                               // (B, T, R + 2N)
        var (rank, states) = (Steps.Weight.Value.shape[1], LogRates.Value.shape[1]);
        var delta = Steps.Apply(selected.narrow(-1, 0, rank));                                      // (B, T, D)
        var (b, c) = (selected.narrow(-1, rank, states), selected.narrow(-1, rank + states, states));
        var gated = activation == ActivationKind.Silu;
        var y = SelectiveScan.Apply(h, delta, -exp(LogRates.Value), b, c, Skip.Value, gated ? gate : null, state, marks).to(x.dtype);
        return Out.Apply(gated ? y : y * Activation.Apply(gate, activation));
    }

    /// <summary>Some rows of the first projection: channels and gates apart need not be taken apart.</summary>
    private Tensor Part(Tensor x, long first, long count) => In.Weight.IsPlain
        ? Linear.Apply(x, In.Weight.Value.narrow(0, first, count), In.Bias?.Value.narrow(0, first, count))
        : In.Apply(x).narrow(-1, first, count).contiguous();
}
