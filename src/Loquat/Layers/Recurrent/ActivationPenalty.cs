using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.Recurrent;

/// <summary>
/// Penalties on what the last layer gives (Merity et al. 2017): on its size, α · mean h² over the outputs after dropout (AR), and on its change from step to step,
/// β · mean (h_t - h_{t-1})² over those before it (TAR). Only gradients know of them: the loss that is reported stays the cross-entropy.
/// </summary>
internal static class ActivationPenalty
{
    /// <summary>The same values; their gradient with the penalty's.</summary>
    /// <param name="x">(T, B, E).</param>
    /// <param name="weight">α · T · B / tokens of the whole step, so that a step of several micro-batches has the mean over all.</param>
    public static Tensor Size(Tensor x, double weight) => weight == 0 || !is_grad_enabled() ? x : Function.apply(x, 2 * weight / x.numel(), false);

    /// <param name="weight">β · T · B / tokens of the whole step.</param>
    public static Tensor Change(Tensor x, double weight) =>
        weight == 0 || x.shape[0] < 2 || !is_grad_enabled() ? x : Function.apply(x, 2 * weight / (x.numel() / x.shape[0] * (x.shape[0] - 1)), true);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(ActivationPenalty);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var x = (Tensor)arguments[0];
            context.save_for_backward([x]);
            context.save_data("factor", (double)arguments[1]);
            context.save_data("change", (bool)arguments[2]);
            return x.clone();
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            using var scope = NewDisposeScope();
            var (x, factor) = (context.get_saved_variables()[0], (double)context.get_data("factor"));
            if (!(bool)context.get_data("change")) return [(gradient + x * factor).MoveToOuterDisposeScope(), null!, null!];
            var steps = x.shape[0] - 1;
            var change = (x.narrow(0, 1, steps) - x.narrow(0, 0, steps)) * factor;      // (T - 1, B, E)
            var dx = gradient.clone();
            dx.narrow(0, 1, steps).add_(change);
            dx.narrow(0, 0, steps).sub_(change);
            return [dx.MoveToOuterDisposeScope(), null!, null!];
        }
    }
}
