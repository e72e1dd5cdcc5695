using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Loquat.Sweeps.Pruners;

/// <summary>Trials meet on rungs, each eta times as far as the one below; the last is the whole way.</summary>
public abstract class RungPruner : Pruner
{
    [Description("One of so many goes on, so many times as far.")]
    [Range(2, 1000)]
    public int Eta { get; init; } = 3;

    [Description("Stages, the first included; the last is the whole way.")]
    [Range(1, 30)]
    public int Rungs { get; init; } = 4;

    public override IReadOnlyList<long> RungsOf(long maxResource) =>
        [.. Enumerable.Range(0, Rungs).Select(rung => Math.Max(1, (long)Math.Round(maxResource / Math.Pow(Eta, Rungs - 1 - rung))))];
}
