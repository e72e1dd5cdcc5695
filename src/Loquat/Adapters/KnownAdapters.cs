namespace Loquat.Adapters;

/// <summary>The kinds of adapters.</summary>
public static class KnownAdapters
{
    private static readonly AdapterOptions[] _all = [new LoraOptions(), new Ia3Options(), new PrefixTuningOptions(), new PromptTuningOptions(), new BottleneckOptions(), new BitfitOptions()];

    /// <summary>Every `type`.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. _all.Select(options => options.Type)];

    /// <summary>The options of a `type`, all as by default; null where there is no such adapter.</summary>
    public static AdapterOptions? Find(string type) => Array.Find(_all, options => options.Type == type);
}
