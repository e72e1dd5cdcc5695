using Loquat.Optimization.Rules;

namespace Loquat.Planning;

/// <summary>What a run has to fit into.</summary>
public sealed record RunBudget
{
    /// <summary>Seconds for optimizer steps alone; tokenizer, evaluation and samples come on top. Above 0.</summary>
    public required double TrainingSeconds { get; init; }

    /// <summary>The machine's measured figures.</summary>
    public required MachineFigures Machine { get; init; }

    /// <summary>Token kinds. Above 0.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Tokens in a sequence. Above 0.</summary>
    public required int Context { get; init; }

    /// <summary>Tokens of the training split; text seen again is worth less. Default: more than a run can read.</summary>
    public double UniqueTokens { get; init; } = double.PositiveInfinity;

    /// <summary>Whether the model computes in bfloat16. Default: no.</summary>
    public bool BFloat16 { get; init; }

    /// <summary>Options of Muon where it moves the matrices. Default: AdamW moves everything.</summary>
    public MuonOptions? Muon { get; init; }

    /// <summary>Which N and D give which loss; only differences matter. Default: <see cref="ScalingLaw.ShortRuns"/>.</summary>
    public ScalingLaw Law { get; init; } = ScalingLaw.ShortRuns;

    /// <summary>Default: estimates for CPUs.</summary>
    public ForecastCoefficients Coefficients { get; init; } = new();
}

/// <summary>A model and its training, sized to a budget.</summary>
/// <param name="Shape">The model.</param>
/// <param name="Batch">Sequences in a step.</param>
/// <param name="Context">Tokens in a sequence.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Step">Forecast of one step.</param>
/// <param name="LearningRate">For AdamW: 0.003239 - 0.0001395 ln N (Kaplan et al. 2020, equation D.1).</param>
/// <param name="MemoryBytes">Forecast of weights, gradients, moments and activations.</param>
/// <param name="Reasons">What was chosen and why, one sentence each.</param>
public sealed record RunSize(
    ModelShape Shape, int Batch, int Context, int Steps, StepForecast Step, double LearningRate, long MemoryBytes, IReadOnlyList<string> Reasons)
{
    public double Seconds => Steps * Step.Seconds;

    public long Tokens => (long)Steps * Batch * Context;

    /// <summary>
    /// The same run with as many steps as fit once a step has been measured: no forecast knows what else the machine is doing. At least 1 step.
    /// </summary>
    /// <param name="stepSeconds">What a step took. Above 0.</param>
    /// <param name="trainingSeconds">Seconds for all steps. Above 0.</param>
    public RunSize WithMeasuredStep(double stepSeconds, double trainingSeconds)
    {
        if (!(stepSeconds > 0) || !(trainingSeconds > 0)) throw new OptionsException($"a step took {stepSeconds} s of {trainingSeconds} s; allowed: both above 0.");
        var ratio = stepSeconds / Step.Seconds;
        var step = new StepForecast(ratio * Step.Products, ratio * Step.Attention, ratio * Step.Elementwise, ratio * Step.Optimizer, ratio * Step.Overhead);
        var steps = (int)Math.Clamp(trainingSeconds / stepSeconds, 1, int.MaxValue);
        return this with
        {
            Step = step,
            Steps = steps,
            Reasons = [.. Reasons, $"A step took {1000 * stepSeconds:0.0} ms, {ratio:0.00} of the forecast: {steps} steps instead of {Steps}."],
        };
    }
}

/// <summary>Chooses the model that a machine can train best in a given time.</summary>
public static class RunSizing
{
    private const int FewestSteps = 100;
    private const int MostTokensPerStep = 65536;
    private const double MemoryShare = 0.7;

    // Two or three layers learn to copy but hardly to compose; Chinchilla's law knows nothing of shape, so it may not choose them.
    private static readonly int[] Depths = [4, 5, 6, 8, 10, 12, 16, 24];
    private static readonly int[] Widths = [64, 128, 192, 256, 320, 384, 448, 512, 640, 768, 1024];

    /// <summary>
    /// Tries every depth and width, forecasts how many tokens of which batch fit into the time, and takes the least loss that the
    /// scaling law predicts.
    /// </summary>
    /// <exception cref="OptionsException">Nothing fits, or a value is out of its range.</exception>
    public static RunSize Choose(RunBudget budget)
    {
        if (!(budget.TrainingSeconds > 0)) throw new OptionsException($"the time for training is {budget.TrainingSeconds} s; allowed: above 0.");
        if (budget.Vocabulary < 1) throw new OptionsException($"the vocabulary is {budget.Vocabulary}; allowed: 1 or more.");
        if (budget.Context < 1) throw new OptionsException($"the context is {budget.Context}; allowed: 1 or more.");
        var candidates =
            from depth in Depths
            from width in Widths
            let aspect = (double)width / depth
            where aspect is >= 16 and <= 64
            let run = Fit(ShapeOf(depth, width, budget.Vocabulary), budget)
            where run is not null
            orderby run.Value.Loss
            select run;
        var best = candidates.FirstOrDefault()
            ?? throw new OptionsException(
                $"no model makes {FewestSteps} steps of {budget.Context} tokens in {budget.TrainingSeconds:0} s within {budget.Machine.MemoryBytes / 1e9:0.0} GB on this machine. Give it more time, a shorter context or a smaller vocabulary.");
        return Report(best.Run, budget);
    }

    /// <summary>Loquat's default decoder at a depth and width: rotary positions, normalized heads, gated feed-forward of 8/3 of the width, tied.</summary>
    public static ModelShape ShapeOf(int layers, int width, int vocabulary)
    {
        var headSize = width % 64 == 0 ? 64 : 32;
        var feedForward = (width * 8 / 3 + 31) / 32 * 32;
        return ModelShape.Llama(layers, width / headSize, width / headSize, width, feedForward, vocabulary, tied: true, queryKeyNorm: true, headSize);
    }

    private static (RunSize Run, double Loss)? Fit(ModelShape shape, RunBudget budget)
    {
        (RunSize Run, double Loss)? best = null;
        var mismatch = double.PositiveInfinity;
        for (var batch = 1; (long)batch * budget.Context <= MostTokensPerStep; batch *= 2)
        {
            var step = Forecast.Step(shape, batch, budget.Context, budget.Machine, budget.BFloat16, muon: budget.Muon, coefficients: budget.Coefficients);
            var steps = (int)Math.Min(int.MaxValue, budget.TrainingSeconds / step.Seconds);
            if (steps < FewestSteps) break;
            var parameters = shape.Parameters().Total;
            var memory = MemoryPlan.AdamW(parameters, budget.BFloat16 ? TrainingPrecision.Mixed : TrainingPrecision.Float32).Total
                + (long)ActivationPlan.Bytes(shape, batch, budget.Context, budget.BFloat16 ? 2 : 4);
            if (memory > MemoryShare * budget.Machine.MemoryBytes) break;
            // Gradient noise falls as training goes on, so the batch that pays grows with its length: about √D tokens in runs of minutes.
            var tokens = (double)steps * batch * budget.Context;
            var distance = Math.Abs(Math.Log(batch * budget.Context / Math.Sqrt(tokens)));
            if (distance >= mismatch) continue;
            mismatch = distance;
            var rate = Math.Max(3e-4, 0.003239 - 0.0001395 * Math.Log(shape.KaplanParameters));
            var loss = budget.Law.Loss(shape.KaplanParameters, ScalingLaw.EffectiveTokens(budget.UniqueTokens, tokens));
            best = (new RunSize(shape, batch, budget.Context, steps, step, rate, memory, []), loss);
        }
        return best;
    }

    private static RunSize Report(RunSize run, RunBudget budget)
    {
        var reasons = new List<string>
        {
            $"{run.Shape.Layers} layers, {run.Shape.Width} wide, {run.Shape.Parameters().Total / 1e6:0.00} M parameters: the least loss expected of all sizes that this machine can train in {budget.TrainingSeconds:0} s.",
            $"{run.Steps} steps of {run.Batch} × {run.Context} tokens: {1000 * run.Step.Seconds:0.0} ms a step forecast at {budget.Machine.Gflops(budget.BFloat16):0} GFLOP/s and {budget.Machine.MemoryGBPerSecond:0} GB/s.",
            $"{run.Tokens / 1e6:0.0} M tokens, {run.Tokens / (double)run.Shape.KaplanParameters:0} per parameter outside the embedding.",
        };
        if (run.Tokens > budget.UniqueTokens) reasons.Add($"The text is read {run.Tokens / budget.UniqueTokens:0.0} times: more of it would help.");
        return run with { Reasons = reasons };
    }
}
