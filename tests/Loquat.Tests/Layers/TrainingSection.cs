using System.Text.Json;
using Loquat.Tests.Reference;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>One section of fixtures/training: its cases and their tensors.</summary>
internal static class TrainingSection
{
    /// <summary>The cases whose tensors have the wanted names.</summary>
    public static IEnumerable<string?> Cases(string section, Func<IReadOnlySet<string>, bool> where)
    {
        if (SharedFolder.Root is not { } root || !File.Exists(Path.Combine(root, "fixtures", "training", $"{section}.json"))) return [null];
        var names = Read(section).Keys.Select(key => key.Split('/', 2)).ToLookup(parts => parts[0], parts => parts[1]);
        return [.. names.Where(group => where(group.ToHashSet())).Select(group => group.Key)];
    }

    public static Dictionary<string, Tensor> Tensors(string section, string? name) => Read(section)
        .Where(pair => pair.Key.StartsWith($"{name}/", StringComparison.Ordinal)).ToDictionary(pair => pair.Key[(name!.Length + 1)..], pair => pair.Value);

    public static JsonElement Case(string section, string? name)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedFolder.Require("fixtures", "training"), $"{section}.json")));
        return document.RootElement.GetProperty("cases").GetProperty(name ?? "").Clone();
    }

    /// <summary>Of the whole section.</summary>
    public static double Tolerance(string section)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedFolder.Require("fixtures", "training"), $"{section}.json")));
        return document.RootElement.GetProperty("about").GetProperty("tolerance").GetDouble();
    }

    private static Dictionary<string, Tensor> Read(string section) => SimpleSafetensors.Read(Path.Combine(SharedFolder.Require("fixtures", "training"), $"{section}.safetensors"));
}
