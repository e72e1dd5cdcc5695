using static TorchSharp.torch;

namespace Loquat.Layers.Recurrent;

/// <summary>The definition, step by step in tensor operations: any device and number type, padding and several documents; the reference of the tests.</summary>
internal static class RecurrentSteps
{
    // T time steps, B batch, I inputs, G gates, H units, R outputs

    /// <param name="x">(T, B, I).</param>
    /// <param name="hidden">(B, R).</param>
    /// <param name="cell">(B, H), of an LSTM.</param>
    /// <param name="counts">(T, B, 1): 0 where a step is padding, which leaves the state alone and gives 0; null: all count.</param>
    /// <param name="starts">(T, B, 1): 1 where a text begins, and the state with it; null: none does.</param>
    public static RecurrentOutput Apply(RecurrentCell kind, Tensor x, RecurrentWeights weights, Tensor hidden, Tensor? cell, bool reverse, Tensor? counts, Tensor? starts)
    {
        var steps = x.shape[0];
        var products = nn.functional.linear(x, weights.Input, Cast(weights.InputBias, x));      // (T, B, GH)
        var outputs = new Tensor[steps];
        for (long s = 0; s < steps; s++)
        {
            var t = reverse ? steps - 1 - s : s;
            if (starts is not null)
            {
                var goesOn = 1 - starts[t];
                (hidden, cell) = (hidden * goesOn, cell is null ? null : cell * goesOn);
            }
            var (h, c) = Step(kind, products[t], weights, hidden, cell);
            if (counts is null)
            {
                (hidden, cell, outputs[t]) = (h, c, h);
                continue;
            }
            var count = counts[t];                                                              // (B, 1)
            hidden += count * (h - hidden);
            if (c is not null) cell = cell! + count * (c - cell!);
            outputs[t] = count * h;
        }
        return new(stack(outputs, 0), hidden, cell);
    }

    private static (Tensor Hidden, Tensor? Cell) Step(RecurrentCell kind, Tensor input, RecurrentWeights weights, Tensor h, Tensor? c)
    {
        var recurrent = nn.functional.linear(h, weights.Hidden, Cast(weights.HiddenBias, h));   // (B, GH)
        switch (kind)
        {
            case RecurrentCell.RnnTanh: return (tanh(input + recurrent), null);
            case RecurrentCell.RnnRelu: return (nn.functional.relu(input + recurrent), null);
            case RecurrentCell.Gru:
                var (x, u) = (input.chunk(3, 1), recurrent.chunk(3, 1));
                var (reset, update) = (sigmoid(x[0] + u[0]), sigmoid(x[1] + u[1]));
                var fresh = tanh(x[2] + reset * u[2]);
                return (fresh + update * (h - fresh), null);
            default:
                var gates = (input + recurrent).chunk(4, 1);
                var peepholes = Cast(weights.Peepholes, h);
                var i = sigmoid(peepholes is null ? gates[0] : gates[0] + peepholes[0] * c!);
                var f = sigmoid(peepholes is null ? gates[1] : gates[1] + peepholes[1] * c!);
                c = f * c! + i * tanh(gates[2]);
                var y = sigmoid(peepholes is null ? gates[3] : gates[3] + peepholes[2] * c) * tanh(c);
                return (weights.Projection is null ? y : nn.functional.linear(y, weights.Projection), c);
        }
    }

    private static Tensor? Cast(Tensor? vector, Tensor like) => vector is null || vector.dtype == like.dtype ? vector : vector.to(like.dtype);
}
