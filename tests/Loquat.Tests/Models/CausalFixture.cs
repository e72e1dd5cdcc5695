using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>One folder of fixtures/models/causal: a tiny model and what the reference implementation makes of it.</summary>
internal sealed class CausalFixture : IDisposable
{
    private readonly string _folder;

    public CausalFixture(string? name)
    {
        _folder = SharedFolder.Require("fixtures", "models", "causal", name ?? "config.json of a known architecture");
        Config = ModelConfigFile.Read(Path.Combine(_folder, "config.json"));
        Model = Config.Build<CausalModel>(Placement.Cpu, seed: 1);
        var weights = SimpleSafetensors.Read(Path.Combine(_folder, "model.safetensors"));
        weights.Keys.Should().BeEquivalentTo(Model.Parameters.Select(p => p.Name));
        foreach (var parameter in Model.Parameters) parameter.Load(weights[parameter.Name]);
        Expected = SimpleSafetensors.Read(Path.Combine(_folder, "expected.safetensors"));
        ExpectedJson = Json("expected.json");
    }

    public ModelConfig Config { get; }

    public CausalModel Model { get; }

    public Dictionary<string, Tensor> Expected { get; }

    public JsonElement ExpectedJson { get; }

    /// <summary>Every fixture whose architecture Loquat builds.</summary>
    public static IEnumerable<string?> Known(string file = "config.json")
    {
        var all = SharedFolder.FoldersWith(file, "fixtures", "models", "causal");
        var known = all.Where(name => name is not null && ModelConfigFile.Knows(Path.Combine(SharedFolder.Root!, "fixtures", "models", "causal", name, "config.json"))).ToList();
        return known.Count > 0 ? known : [null];
    }

    public JsonElement Json(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, file)));
        return document.RootElement.Clone();
    }

    public static Tensor Ids(JsonElement rows) => tensor(rows.EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(e => e.GetInt64()).ToArray(),
        [rows.GetArrayLength(), rows[0].GetArrayLength()]);

    /// <summary>Labels as the model takes them: shifted by one, the last position without.</summary>
    public static Tensor Shifted(Tensor labels) => cat([labels.narrow(1, 1, labels.shape[1] - 1), full([labels.shape[0], 1], -100L, dtype: ScalarType.Int64)], 1);

    public void Dispose() => Model.Dispose();
}
