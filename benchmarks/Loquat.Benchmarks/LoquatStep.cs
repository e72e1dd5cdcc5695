namespace Loquat.Benchmarks;

/// <summary>Loquat's own training step.</summary>
internal sealed class LoquatStep : IStepBenchmark
{
    public LoquatStep(StepSetting setting) =>
        throw new OptionsException($"Loquat's own step is not wired to this table yet ({setting}).");

    public double Step(PartTimes parts) => 0;

    public void Dispose()
    {
    }
}
