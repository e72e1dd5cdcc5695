using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.Recurrent;

/// <summary><see cref="RecurrentSweep"/> as autograd knows it.</summary>
internal sealed class RecurrentFunction : autograd.SingleTensorFunction<RecurrentFunction>
{
    // TorchSharp's functions of several results need a gradient of each. So there is one flat result: the outputs, and behind them the last cell.

    private const int Cell = 2, Input = 3, Hidden = 4, Fixed = 5;    // places of tensors among the arguments

    public override string Name => nameof(Recurrence);

    public static RecurrentOutput Apply(RecurrentCell kind, Tensor x, RecurrentWeights weights, Tensor hidden, Tensor? cell, bool reverse)
    {
        // Autograd takes no absent tensor: those that are there follow each other, and the layout tells which.
        var layout = new Layout(kind, reverse, weights.InputBias is not null, weights.Projection is not null, weights.Peepholes is not null);
        Tensor?[] optional = [weights.InputBias, weights.HiddenBias, weights.Projection, weights.Peepholes];
        List<Tensor> tensors = [x, hidden, cell ?? hidden, weights.Input, weights.Hidden, .. optional.Where(t => t is not null).Select(t => t!)];
        var (steps, batch) = (x.shape[0], x.shape[1]);
        if (!is_grad_enabled())
        {
            var kept = layout.Sweep(tensors).Forward(x, hidden, cell);
            var all = kept.States.narrow(0, reverse ? 0 : 1, steps);
            return new(all, all[reverse ? 0 : steps - 1], kind == RecurrentCell.Lstm ? kept.Cells[reverse ? 0 : steps] : null);
        }
        var flat = apply([.. tensors, layout]);
        var count = steps * batch * weights.Outputs;
        var output = flat.narrow(0, 0, count).view(steps, batch, weights.Outputs);
        return new(output, output[reverse ? 0 : steps - 1], kind == RecurrentCell.Lstm ? flat.narrow(0, count, flat.shape[0] - count).view(batch, -1) : null);
    }

    public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
    {
        var tensors = arguments[..^1].Cast<Tensor>().ToList();
        var layout = (Layout)arguments[^1];
        var isLstm = layout.Kind == RecurrentCell.Lstm;
        var kept = layout.Sweep(tensors).Forward(tensors[0], tensors[1], isLstm ? tensors[Cell] : null);
        context.save_for_backward([.. tensors, kept.Gates, kept.States, kept.Cells, kept.Beside]);
        context.save_data("layout", layout);
        var steps = tensors[0].shape[0];
        using var output = kept.States.narrow(0, layout.Reverse ? 0 : 1, steps).reshape(-1);
        if (!isLstm) return output.clone();
        using var last = kept.Cells[layout.Reverse ? 0 : steps].reshape(-1);
        return cat([output, last]);
    }

    public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
    {
        using var guard = no_grad();
        var saved = context.get_saved_variables();
        var layout = (Layout)context.get_data("layout");
        var tensors = saved[..^4];
        var kept = new RecurrentSweep.Kept(saved[^4], saved[^3], saved[^2], saved[^1]);
        var (x, outputs) = (tensors[0], tensors[Hidden].shape[1]);
        var count = x.shape[0] * x.shape[1] * outputs;
        using var doutput = gradient.narrow(0, 0, count).view(x.shape[0], x.shape[1], outputs);
        using var dcell = layout.Kind == RecurrentCell.Lstm ? gradient.narrow(0, count, gradient.shape[0] - count).view(x.shape[1], -1) : null;
        var d = layout.Sweep(tensors).Backward(x, kept, doutput, dcell);
        List<Tensor> result = [d.X, d.Hidden, d.Cell!, d.Input, d.Recurrent];
        foreach (var (there, each) in ((bool, Tensor?)[])[(layout.HasBias, d.InputBias), (layout.HasBias, d.HiddenBias), (layout.HasProjection, d.Projection), (layout.HasPeepholes, d.Peepholes)])
            if (there) result.Add(each!);
        result.Add(null!);
        return result;
    }

    private sealed record Layout(RecurrentCell Kind, bool Reverse, bool HasBias, bool HasProjection, bool HasPeepholes)
    {
        public RecurrentSweep Sweep(List<Tensor> tensors)
        {
            var next = Fixed;
            Tensor? Take(bool there) => there ? tensors[next++] : null;
            return new(Kind, new(tensors[Input], tensors[RecurrentFunction.Hidden], Take(HasBias), Take(HasBias), Take(HasProjection), Take(HasPeepholes)), Reverse);
        }
    }
}
