using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>
/// Part of a network whose activations are not kept for the backward pass but computed anew there (Chen et al. 2016): about a third more time, and the memory of its inputs alone.
/// What is drawn in it, as by dropout, is drawn the same again.
/// </summary>
internal static class ActivationCheckpoint
{
    [ThreadStatic]
    private static bool _isRunning;

    /// <summary>Whether this thread computes a part that will be computed anew: for what tells training by autograd alone, which does not follow the first time.</summary>
    public static bool IsRunning => _isRunning;

    /// <param name="part">Of the inputs and of parameters; the gradients of parameters are added where autograd adds them.</param>
    /// <param name="inputs">All tensors that do not live as long as the step, or that depend on parameters outside of the part. Null: one that is not there.</param>
    public static Tensor Apply(Func<IReadOnlyList<Tensor?>, Tensor> part, params Tensor?[] inputs)
    {
        if (!is_grad_enabled()) return part(inputs);
        // Autograd takes no absent tensor.
        bool[] there = [.. inputs.Select(input => input is not null)];
        return Function.apply([.. inputs.OfType<Tensor>(), new Func<IReadOnlyList<Tensor>, Tensor>(given => part(Placed(given, there)))]);
    }

    private static Tensor?[] Placed(IReadOnlyList<Tensor> given, bool[] there)
    {
        var next = 0;
        return [.. there.Select(present => present ? given[next++] : null)];
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(ActivationCheckpoint);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var inputs = arguments[..^1].Cast<Tensor>().ToList();
            var part = (Func<IReadOnlyList<Tensor>, Tensor>)arguments[^1];
            context.save_for_backward(inputs);
            context.save_data("part", (part, Randomness.Here(), inputs.Select(input => input.requires_grad).ToArray()));
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            _isRunning = true;
            try
            {
                return part(inputs).MoveToOuterDisposeScope();
            }
            finally
            {
                _isRunning = false;
            }
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            var (part, mark, needs) = ((Func<IReadOnlyList<Tensor>, Tensor>, Randomness.Mark, bool[]))context.get_data("part");
            using var scope = NewDisposeScope();
            using var here = Randomness.Here();
            mark.Return();
            List<Tensor> inputs = [.. context.get_saved_variables().Select((input, i) => input.detach().requires_grad_(needs[i]))];
            using (enable_grad()) part(inputs).backward([gradient]);
            here.Return();
            mark.Dispose();
            return [.. inputs.Select((input, i) => needs[i] ? input.grad!.DetachFromDisposeScope() : null!), null!];
        }
    }
}
