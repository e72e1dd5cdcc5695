using Loquat.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.Recurrent;

/// <summary>A recurrent layer over a whole sequence, with autograd: the products of all inputs in one, then a product and a fused kernel for each time step, and the same backward.</summary>
public static class Recurrence
{
    /// <param name="x">(T, B, I).</param>
    /// <param name="hidden">(B, R): the state to begin with; null: zeros.</param>
    /// <param name="cell">(B, H): the cell of an LSTM to begin with; null: zeros.</param>
    /// <param name="reverse">From the last step to the first.</param>
    /// <param name="counts">(T, B, 1) of the type of <paramref name="x"/>: 0 where a step is padding, which leaves the state alone and gives 0; null: all count.</param>
    /// <param name="starts">(T, B, 1) of the type of <paramref name="x"/>: 1 where a text begins, and the state with it; null: none does.</param>
    public static RecurrentOutput Apply(
        RecurrentCell kind, Tensor x, RecurrentWeights weights, Tensor? hidden = null, Tensor? cell = null, bool reverse = false, Tensor? counts = null, Tensor? starts = null)
    {
        var batch = x.shape[1];
        hidden ??= zeros([batch, weights.Outputs], dtype: x.dtype, device: x.device);
        if (kind == RecurrentCell.Lstm) cell ??= zeros([batch, weights.Units(kind)], dtype: x.dtype, device: x.device);
        if (counts is not null || starts is not null || x.device_type != DeviceType.CPU || x.dtype != ScalarType.Float32 || weights.Input.dtype != ScalarType.Float32)
            return RecurrentSteps.Apply(kind, x, weights, hidden, cell, reverse, counts, starts);
        return RecurrentFunction.Apply(kind, x, weights, hidden, cell, reverse);
    }

    /// <summary>Both directions side by side: (T, B, 2R). The last states are of each direction's last step.</summary>
    public static (Tensor Output, RecurrentOutput Forward, RecurrentOutput Backward) ApplyBoth(
        RecurrentCell kind, Tensor x, (RecurrentWeights Forward, RecurrentWeights Backward) weights, (Tensor? Forward, Tensor? Backward) hidden = default,
        (Tensor? Forward, Tensor? Backward) cell = default, Tensor? counts = null)
    {
        var there = Apply(kind, x, weights.Forward, hidden.Forward, cell.Forward, reverse: false, counts);
        var back = Apply(kind, x, weights.Backward, hidden.Backward, cell.Backward, reverse: true, counts);
        return (cat([there.Output, back.Output], -1), there, back);
    }
}
