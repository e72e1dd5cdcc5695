using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>One folder of fixtures/models/seq2seq: a tiny model and what the reference implementation makes of it.</summary>
internal sealed class EncoderDecoderFixture : IDisposable
{
    public EncoderDecoderFixture(string? name)
    {
        Folder = SharedFolder.Require("fixtures", "models", "seq2seq", name ?? "config.json");
        Model = ModelFolder.Load<EncoderDecoderModel>(Folder, Placement.Cpu);
        Expected = SimpleSafetensors.Read(Path.Combine(Folder, "expected.safetensors"));
        ExpectedJson = Json("expected.json");
        var inputs = Json("inputs.json");
        (Ids, Mask, Labels) = (CausalFixture.Ids(inputs.GetProperty("input_ids")), CausalFixture.Ids(inputs.GetProperty("attention_mask")), CausalFixture.Ids(inputs.GetProperty("labels")));
    }

    public string Folder { get; }

    public EncoderDecoderModel Model { get; }

    public Dictionary<string, Tensor> Expected { get; }

    public JsonElement ExpectedJson { get; }

    public Tensor Ids { get; }

    public Tensor Mask { get; }

    public Tensor Labels { get; }

    public static IEnumerable<string?> All() => SharedFolder.FoldersWith("config.json", "fixtures", "models", "seq2seq");

    public JsonElement Json(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, file)));
        return document.RootElement.Clone();
    }

    /// <summary>
    /// Whether the reference's model consisted of what the files hold. Where it had tables beside them that are not those of a real model (drawn at random in place of sines
    /// and cosines), its numbers cannot be computed by anyone from this folder.
    /// </summary>
    public bool IsWhole => ExpectedJson.GetProperty("parameters").GetInt64() == Model.Config.ParameterCount();

    /// <summary>Leaves a case out whose numbers no one can compute, with the reason.</summary>
    public void RequireWhole() => Assert.SkipUnless(IsWhole,
        $"the reference's model had {ExpectedJson.GetProperty("parameters")} numbers, the files hold {Model.Config.ParameterCount()}: its tables of positions were drawn and not saved");

    public void Dispose() => Model.Dispose();
}
