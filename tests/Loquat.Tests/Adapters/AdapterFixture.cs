using System.Text.Json;
using Loquat.Adapters;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Layers;
using Loquat.Tests.Reference;
using static TorchSharp.torch;

namespace Loquat.Tests.Adapters;

/// <summary>One folder of fixtures/training/adapters as peft wrote it, on the model beside it, and what peft computes with both.</summary>
internal sealed class AdapterFixture : IDisposable
{
    public AdapterFixture(string? name)
    {
        Folder = SharedFolder.Require("fixtures", "training", "adapters", name ?? "adapter_config.json");
        Case = TrainingSection.Case("adapters", $"adapters/{name}");
        Base = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(Folder))!, Case.GetProperty("base").GetString()!);
        Model = ModelFolder.Load<CausalModel>(Base, Placement.Cpu);
        Adapter = AdapterFolder.Add(Model, Folder);
        Expected = SimpleSafetensors.Read(Path.Combine(Folder, "expected.safetensors"));
    }

    public static TheoryData<string?> Folders => [.. SharedFolder.FoldersWith(AdapterFolder.ConfigFile, "fixtures", "training", "adapters")];

    public string Folder { get; }

    public string Base { get; }

    public JsonElement Case { get; }

    public CausalModel Model { get; }

    public Adapter Adapter { get; }

    public Dictionary<string, Tensor> Expected { get; }

    public Tensor Ids => Expected["input_ids"];

    /// <summary>The token after each place; of learned tokens in the row the last predicts the first real one.</summary>
    public Tensor Labels
    {
        get
        {
            var before = Expected["logits"].shape[1] - Ids.shape[1];
            var shifted = CausalLabels(Ids);
            return before == 0 ? shifted : cat([full([Ids.shape[0], before - 1], -100L, dtype: ScalarType.Int64), Ids.narrow(1, 0, 1), shifted], 1);
        }
    }

    public void Dispose() => Model.Dispose();

    private static Tensor CausalLabels(Tensor ids) => cat([ids.narrow(1, 1, ids.shape[1] - 1), full([ids.shape[0], 1], -100L, dtype: ScalarType.Int64)], 1);
}
