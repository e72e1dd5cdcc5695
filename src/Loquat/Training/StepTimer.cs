using System.Diagnostics;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Optimization;
using static TorchSharp.torch;

namespace Loquat.Training;

/// <summary>Takes real optimizer steps on arbitrary tokens to learn how long one takes here: no forecast knows what else the machine is doing.</summary>
public static class StepTimer
{
    private const int FewestSteps = 3;

    /// <summary>Trains the model on arbitrary tokens, so give one that is thrown away.</summary>
    /// <param name="batch">Sequences in a step.</param>
    /// <param name="context">Tokens in a sequence.</param>
    /// <param name="budget">About how long to measure, after one step that is not counted. At least three steps are made.</param>
    /// <returns>Seconds of a step: the fastest quarter takes less, as the first steps are still being compiled and the machine may do other work.</returns>
    public static double Seconds(CausalModel model, Optimizer optimizer, int batch, int context, TimeSpan budget, CancellationToken cancellation = default)
    {
        var times = new List<double>();
        var total = Stopwatch.StartNew();
        for (var step = -1; step < FewestSteps || total.Elapsed < budget; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var watch = Stopwatch.StartNew();
            using (NewDisposeScope())
            {
                var ids = randint(model.Config.VocabSize, [batch, context + 1], ScalarType.Int64, device: model.Placement.Device);
                var (inputs, labels) = (ids.narrow(1, 0, context).contiguous(), ids.narrow(1, 1, context).contiguous());
                model.LossAndGradients(inputs, labels, 1.0 / (batch * context), new ForwardContext { Training = true });
            }
            optimizer.Step(1e-4, GradientClipping.Factor(optimizer.GradientNorm(), 1));
            optimizer.ZeroGrad();
            if (step >= 0) times.Add(watch.Elapsed.TotalSeconds);
            else total.Restart();
        }
        times.Sort();
        return times[times.Count / 4];
    }
}
