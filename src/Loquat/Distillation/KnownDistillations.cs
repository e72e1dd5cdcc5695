namespace Loquat.Distillation;

/// <summary>The ways to learn from a teacher.</summary>
public static class KnownDistillations
{
    private static readonly DistillationOptions[] _all = [new ForwardKlOptions(), new ReverseKlOptions(), new JensenShannonOptions()];

    /// <summary>Every `type`.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. _all.Select(options => options.Type)];

    /// <summary>The options of a `type`, all as by default; null where there is no such way.</summary>
    public static DistillationOptions? Find(string type) => Array.Find(_all, options => options.Type == type);
}
