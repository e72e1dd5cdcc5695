using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.Recurrent;

/// <summary>The written-out passes over time of one layer: what <see cref="RecurrentFunction"/> gives to autograd. float32 on the CPU, without autograd.</summary>
internal sealed class RecurrentSweep(RecurrentCell kind, RecurrentWeights weights, bool reverse)
{
    // T time steps, B batch, I inputs, G gates, H units, R outputs

    /// <summary>Elements of a step that are worth a thread: a gate costs about sixteen times what an element of memory does.</summary>
    private const long StepElements = 1024;

    private readonly long _units = weights.Units(kind);

    /// <summary>What the backward pass needs.</summary>
    /// <param name="Gates">(T, B, G·H): of an LSTM and a GRU the gates; of an Elman network nothing that is needed.</param>
    /// <param name="States">(T + 1, B, R): the outputs, and the state to begin with before them (behind them in reverse).</param>
    /// <param name="Cells">(T + 1, B, H), of an LSTM; else empty.</param>
    /// <param name="Beside">(T, B, 3H): a GRU's products of the state. (T, B, H): an LSTM's outputs before their projection. Else empty.</param>
    public sealed record Kept(Tensor Gates, Tensor States, Tensor Cells, Tensor Beside);

    public Kept Forward(Tensor x, Tensor hidden, Tensor? cell)
    {
        var (steps, batch) = (x.shape[0], x.shape[1]);
        var rows = kind.Gates() * _units;
        var kept = new Kept(empty(steps, batch, rows), empty(steps + 1, batch, weights.Outputs), cell is null ? empty(0) : empty(steps + 1, batch, _units), Beside(steps, batch));
        Place(kept.States, steps).copy_(hidden);
        if (cell is not null) Place(kept.Cells, steps).copy_(cell);
        InputProducts(x, kept.Gates.view(-1, rows));
        for (long s = 0; s < steps; s++)
        {
            using var scope = NewDisposeScope();
            var t = reverse ? steps - 1 - s : s;
            var (before, after) = reverse ? (t + 1, t) : (t, t + 1);
            Step(kept, t, before, after);
        }
        return kept;
    }

    /// <summary>The place of the state to begin with.</summary>
    private Tensor Place(Tensor states, long steps) => states[reverse ? steps : 0];

    private Tensor Beside(long steps, long batch) => kind switch
    {
        RecurrentCell.Gru => empty(steps, batch, 3 * _units),
        RecurrentCell.Lstm when weights.Projection is not null => empty(steps, batch, _units),
        _ => empty(0),
    };

    private void InputProducts(Tensor x, Tensor gates)
    {
        using var flat = x.reshape(-1, x.shape[2]);
        if (weights.InputBias is { } bias)
        {
            // A GRU's second bias belongs to the product that its reset gate is multiplied with.
            using var sum = kind == RecurrentCell.Gru ? bias.alias() : bias + weights.HiddenBias!;
            Bias.Fill(gates, sum);
        }
        Products.IntoTransposed(gates, flat, weights.Input, add: weights.InputBias is not null);
    }

    private unsafe void Step(Kept kept, long t, long before, long after)
    {
        var (gates, state, next) = (kept.Gates[t], kept.States[before], kept.States[after]);
        var grain = Grain;
        switch (kind)
        {
            case RecurrentCell.Gru:
                var recurrent = kept.Beside[t];
                if (weights.HiddenBias is { } bias) Bias.Fill(recurrent, bias);
                Products.IntoTransposed(recurrent, state, weights.Hidden, add: weights.HiddenBias is not null);
                var gru = new GruKernel.Forward { Gates = gates.Pointer<float>(), Recurrent = recurrent.Pointer<float>(), Before = state.Pointer<float>(), Hidden = next.Pointer<float>(), Width = _units };
                OpenMP.For(0, state.shape[0], grain, ref gru);
                break;
            case RecurrentCell.Lstm:
                Products.IntoTransposed(gates, state, weights.Hidden, add: true);
                var output = weights.Projection is null ? next : kept.Beside[t];
                var lstm = new LstmKernel.Forward
                {
                    Gates = gates.Pointer<float>(),
                    Before = kept.Cells[before].Pointer<float>(),
                    Cell = kept.Cells[after].Pointer<float>(),
                    Hidden = output.Pointer<float>(),
                    Peepholes = weights.Peepholes is null ? null : weights.Peepholes.Pointer<float>(),
                    Width = _units,
                };
                OpenMP.For(0, state.shape[0], grain, ref lstm);
                if (weights.Projection is not null) Products.IntoTransposed(next, output, weights.Projection);
                break;
            case RecurrentCell.RnnTanh:
                Elman<ElmanTanh>(gates, state, next);
                break;
            default:
                Elman<ElmanRelu>(gates, state, next);
                break;
        }
    }

    private unsafe void Elman<TFunction>(Tensor gates, Tensor state, Tensor next) where TFunction : IElmanFunction
    {
        Products.IntoTransposed(gates, state, weights.Hidden, add: true);
        var body = new ElmanKernel.Forward<TFunction> { Gates = gates.Pointer<float>(), Hidden = next.Pointer<float>(), Width = _units };
        OpenMP.For(0, state.shape[0], Grain, ref body);
    }

    private long Grain => Math.Max(1, StepElements / _units);

    /// <summary>Gradients of what <see cref="Forward"/> took; null where there is no such input.</summary>
    public sealed record Gradients(Tensor X, Tensor Hidden, Tensor? Cell, Tensor Input, Tensor Recurrent, Tensor? InputBias, Tensor? HiddenBias, Tensor? Projection, Tensor? Peepholes);

    /// <param name="doutput">(T, B, R): of the outputs.</param>
    /// <param name="dcell">(B, H): of an LSTM's last cell; null: none.</param>
    public Gradients Backward(Tensor x, Kept kept, Tensor doutput, Tensor? dcell)
    {
        using var scope = NewDisposeScope();
        var (steps, batch) = (x.shape[0], x.shape[1]);
        var rows = kind.Gates() * _units;
        // Of every state: what comes from its output, and then what comes from the step after it.
        var dstates = empty(steps + 1, batch, weights.Outputs);
        dstates.narrow(0, reverse ? 0 : 1, steps).copy_(doutput);
        Place(dstates, steps).zero_();
        var dgates = empty(steps, batch, rows);
        var drecurrent = kind == RecurrentCell.Gru ? empty(steps, batch, rows) : dgates;
        var dcells = kind == RecurrentCell.Lstm ? dcell?.contiguous().clone() ?? zeros(batch, _units) : null;
        for (var s = steps - 1; s >= 0; s--)
        {
            using var inner = NewDisposeScope();
            var t = reverse ? steps - 1 - s : s;
            var (before, after) = reverse ? (t + 1, t) : (t, t + 1);
            StepBack(kept, t, before, after, dstates, dgates, drecurrent, dcells);
            Products.Into(dstates[before], drecurrent[t], weights.Hidden, add: true);
        }
        var (flat, flatRecurrent) = (dgates.view(-1, rows), drecurrent.view(-1, rows));         // (T·B, GH)
        var inputs = x.reshape(-1, x.shape[2]);
        var dx = empty(inputs.shape);
        Products.Into(dx, flat, weights.Input);
        var earlier = kept.States.narrow(0, reverse ? 1 : 0, steps).view(-1, weights.Outputs);
        Tensor? dinputBias = null, dhiddenBias = null, dprojection = null;
        if (weights.InputBias is not null)
        {
            dinputBias = Sum(flat);
            dhiddenBias = kind == RecurrentCell.Gru ? Sum(flatRecurrent) : dinputBias.clone();
        }
        if (weights.Projection is not null)
            dprojection = Across(dstates.narrow(0, reverse ? 0 : 1, steps).view(-1, weights.Outputs), kept.Beside.view(-1, _units));
        var gradients = new Gradients(
            dx.view(x.shape), Place(dstates, steps).clone(), dcells, Across(flat, inputs), Across(flatRecurrent, earlier), dinputBias, dhiddenBias, dprojection,
            weights.Peepholes is null ? null : PeepholeGradients(kept, dgates));
        foreach (var tensor in (Tensor?[])[gradients.X, gradients.Hidden, gradients.Cell, gradients.Input, gradients.Recurrent, dinputBias, dhiddenBias, dprojection, gradients.Peepholes])
            tensor?.MoveToOuterDisposeScope();
        return gradients;
    }

    private unsafe void StepBack(Kept kept, long t, long before, long after, Tensor dstates, Tensor dgates, Tensor drecurrent, Tensor? dcells)
    {
        var (gates, dstate, grain, batch) = (kept.Gates[t], dstates[after], Grain, dstates.shape[1]);
        switch (kind)
        {
            case RecurrentCell.Gru:
                var gru = new GruKernel.Backward
                {
                    Gates = gates.Pointer<float>(),
                    Recurrent = kept.Beside[t].Pointer<float>(),
                    Before = kept.States[before].Pointer<float>(),
                    Dhidden = dstate.Pointer<float>(),
                    Dbefore = dstates[before].Pointer<float>(),
                    Dgates = dgates[t].Pointer<float>(),
                    Drecurrent = drecurrent[t].Pointer<float>(),
                    Width = _units,
                };
                OpenMP.For(0, batch, grain, ref gru);
                break;
            case RecurrentCell.Lstm:
                var dhidden = dstate;
                if (weights.Projection is not null) Products.Into(dhidden = empty(batch, _units), dstate, weights.Projection);
                var lstm = new LstmKernel.Backward
                {
                    Gates = gates.Pointer<float>(),
                    Before = kept.Cells[before].Pointer<float>(),
                    Cell = kept.Cells[after].Pointer<float>(),
                    Dhidden = dhidden.Pointer<float>(),
                    Dcell = dcells!.Pointer<float>(),
                    Dgates = dgates[t].Pointer<float>(),
                    Peepholes = weights.Peepholes is null ? null : weights.Peepholes.Pointer<float>(),
                    Width = _units,
                };
                OpenMP.For(0, batch, grain, ref lstm);
                break;
            case RecurrentCell.RnnTanh:
                ElmanBack<ElmanTanh>(kept.States[after], dstate, dgates[t]);
                break;
            default:
                ElmanBack<ElmanRelu>(kept.States[after], dstate, dgates[t]);
                break;
        }
    }

    private unsafe void ElmanBack<TFunction>(Tensor state, Tensor dstate, Tensor dgates) where TFunction : IElmanFunction
    {
        var body = new ElmanKernel.Backward<TFunction> { Hidden = state.Pointer<float>(), Dhidden = dstate.Pointer<float>(), Dgates = dgates.Pointer<float>(), Width = _units };
        OpenMP.For(0, state.shape[0], Grain, ref body);
    }

    /// <summary>(3, H): i and f saw the cell before the step, o the one after it.</summary>
    private Tensor PeepholeGradients(Kept kept, Tensor dgates)
    {
        var steps = dgates.shape[0];
        var (before, after) = (kept.Cells.narrow(0, reverse ? 1 : 0, steps), kept.Cells.narrow(0, reverse ? 0 : 1, steps));
        var parts = dgates.chunk(4, -1);
        return stack([(parts[0] * before).sum([0L, 1L]), (parts[1] * before).sum([0L, 1L]), (parts[3] * after).sum([0L, 1L])]);
    }

    private static Tensor Sum(Tensor rows)
    {
        var sum = empty(rows.shape[1]);
        Bias.Gradient(rows, sum, add: false);
        return sum;
    }

    /// <summary>aᵀ · b.</summary>
    private static Tensor Across(Tensor a, Tensor b)
    {
        var y = empty(a.shape[1], b.shape[1]);
        Products.Into(y, a.t(), b);
        return y;
    }
}
