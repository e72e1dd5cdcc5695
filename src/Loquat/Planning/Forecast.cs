using Loquat.Models;
using Loquat.Optimization.Rules;

namespace Loquat.Planning;

/// <summary>Where the time of one optimizer step goes, in seconds.</summary>
/// <param name="Products">Matrix products of both passes.</param>
/// <param name="Attention">Scores and values, both passes.</param>
/// <param name="Elementwise">Everything else in the passes, bound by memory.</param>
/// <param name="Optimizer">Gradient norm and update, Muon's products included.</param>
/// <param name="Overhead">Starting operators.</param>
public sealed record StepForecast(double Products, double Attention, double Elementwise, double Optimizer, double Overhead)
{
    public double Seconds => Products + Attention + Elementwise + Optimizer + Overhead;
}

/// <summary>How long training takes, before it starts.</summary>
public static class Forecast
{
    /// <summary>One optimizer step.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="batch">Sequences in a step, over all micro-batches.</param>
    /// <param name="context">Tokens in each.</param>
    /// <param name="machine">Its measured figures.</param>
    /// <param name="bfloat16">Whether the model computes in bfloat16.</param>
    /// <param name="microBatches">Forward and backward passes per step.</param>
    /// <param name="muon">Options of Muon where it moves the matrices. Default: AdamW moves everything.</param>
    /// <param name="coefficients">Default: estimates for CPUs.</param>
    /// <param name="checkpointed">Layers that compute their activations anew.</param>
    public static StepForecast Step(
        ModelShape shape, int batch, int context, MachineFigures machine, bool bfloat16 = false, int microBatches = 1, MuonOptions? muon = null, ForecastCoefficients? coefficients = null, int checkpointed = 0)
    {
        var c = coefficients ?? new ForecastCoefficients();
        var rate = machine.Gflops(bfloat16) * 1e9;
        var memory = machine.MemoryGBPerSecond * 1e9;
        var bytes = bfloat16 ? 2 : 4;
        var flops = shape.Forward(context);
        var tokens = (double)batch * context;
        // Forward, the gradients of inputs and of weights; once more forward where a layer keeps nothing.
        var passes = 3.0 * shape.Layers + checkpointed;
        var wide = batch * (passes * (flops.Block - flops.Scores - flops.Values) + 3.0 * flops.Head);
        var attention = batch * passes * (flops.Scores + flops.Values);
        var efficiency = c.ProductEfficiency * shape.Width / (shape.Width + c.HalfEfficientWidth);
        var activations = ActivationPlan.Bytes(shape, batch, context, bytes, logitTokens: 0);
        var orthogonalization = muon is null
            ? 0
            : shape.NewtonSchulzFlops(muon.NsSteps) / (machine.Gflops((muon.Precision ?? (bfloat16 ? MuonPrecision.Bfloat16 : MuonPrecision.Float32)) == MuonPrecision.Bfloat16) * 1e9 * efficiency);
        return new(
            Products: wide / (rate * efficiency),
            Attention: attention / (rate * c.AttentionEfficiency),
            Elementwise: (activations * c.ActivationPasses + tokens * shape.Vocabulary * 4 * c.LogitPasses) / memory,
            Optimizer: shape.Parameters().Total * c.OptimizerBytes / memory + orthogonalization,
            Overhead: microBatches * (shape.Layers + 1) * c.OperatorsPerBlock * c.SecondsPerOperator);
    }

    /// <summary>The least seconds of a step of any architecture: its products three times over at the machine's rate, the optimizer's bytes at that of its memory.</summary>
    /// <param name="tokens">Tokens in a step.</param>
    /// <param name="context">Tokens in a sequence.</param>
    public static double Limit(ModelConfig config, long tokens, int context, MachineFigures machine, bool bfloat16) =>
        6.0 * config.ProductsPerToken(context) * tokens / (machine.Gflops(bfloat16) * 1e9)
        + config.ParameterCount() * ForecastCoefficients.Limit.OptimizerBytes / (machine.MemoryGBPerSecond * 1e9);

    /// <summary>6 N D operations at a fraction of a machine's peak.</summary>
    /// <param name="parameters">N.</param>
    /// <param name="tokens">D.</param>
    /// <param name="peakFlops">Operations per second of all devices together.</param>
    /// <param name="utilization">Fraction of the peak reached. Above 0 to 1.</param>
    public static double SecondsAtUtilization(double parameters, double tokens, double peakFlops, double utilization) => 6 * parameters * tokens / (peakFlops * utilization);
}
