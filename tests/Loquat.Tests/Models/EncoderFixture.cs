using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Tests.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>One folder of fixtures/models/encoder: a tiny model with a head and what the reference implementation makes of it.</summary>
internal sealed class EncoderFixture : IDisposable
{
    private readonly JsonElement _inputs;

    public EncoderFixture(string? name)
    {
        Folder = SharedFolder.Require("fixtures", "models", "encoder", name ?? "config.json of a known architecture");
        Model = ModelFolder.Load<EncoderModel>(Folder, Placement.Cpu);
        Expected = SimpleSafetensors.Read(Path.Combine(Folder, "expected.safetensors"));
        _inputs = Json("inputs.json");
        Ids = Input("input_ids")!;
        Mask = Input("attention_mask");
        Types = Input("token_type_ids");
    }

    public string Folder { get; }

    public EncoderModel Model { get; }

    public Dictionary<string, Tensor> Expected { get; }

    public Tensor Ids { get; }

    public Tensor? Mask { get; }

    public Tensor? Types { get; }

    public static IEnumerable<string?> All => SharedFolder.FoldersWith("config.json", "fixtures", "models", "encoder");

    public JsonElement Json(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, file)));
        return document.RootElement.Clone();
    }

    public ForwardContext Context(bool training = false) => new() { Training = training, AttentionMask = Mask, TokenTypeIds = Types };

    /// <summary>The batch as the head takes it, with the sum of the two means where there are two.</summary>
    public (ModelBatch Batch, double Scale) Batch()
    {
        var labels = Model.Head.Kind == HeadKind.QuestionAnswering ? stack([Input("start_positions")!, Input("end_positions")!], 1) : Input("labels") ?? Input("next_sentence_label")!;
        // The reference scores no padding here, though the file has labels for it.
        if (Model.Head.Kind == HeadKind.ReplacedTokenDetection && Mask is not null) labels = labels.masked_fill(Mask.eq(0), ModelBatch.Ignored);
        var counted = labels.is_floating_point() ? labels.numel() : labels.ge(0).sum().item<long>();
        var rows = Input("labels") is not null ? Input("next_sentence_label") : null;
        return (new() { InputIds = Ids, AttentionMask = Mask, TokenTypeIds = Types, Labels = labels, RowLabels = rows, RowWeight = rows is null ? 1 : (double)counted / rows.ge(0).sum().item<long>() }, 1.0 / counted);
    }

    /// <summary>What the model says under the names of the reference.</summary>
    public IEnumerable<(string Name, Tensor Value)> Outputs(Tensor ids, ForwardContext context)
    {
        yield return ("last_hidden_state", Model.Hidden(ids, context));
        var logits = Model.Logits(ids, context);
        switch (Model.Head.Kind)
        {
            case HeadKind.None:
                yield break;
            case HeadKind.Pretraining:
                yield return ("prediction_logits", logits.Tokens!);
                yield return ("seq_relationship_logits", logits.Rows!);
                yield break;
            case HeadKind.QuestionAnswering:
                yield return ("start_logits", logits.Tokens!.select(2, 0));
                yield return ("end_logits", logits.Tokens!.select(2, 1));
                yield break;
            default:
                yield return ("logits", (logits.Tokens ?? logits.Rows)!);
                yield break;
        }
    }

    public void Dispose() => Model.Dispose();

    private Tensor? Input(string name)
    {
        if (!_inputs.TryGetProperty(name, out var rows)) return null;
        if (rows[0].ValueKind == JsonValueKind.Array && rows[0][0].GetRawText().Contains('.')) return tensor(rows.EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(e => e.GetSingle()).ToArray(), [rows.GetArrayLength(), rows[0].GetArrayLength()]);
        if (rows[0].ValueKind == JsonValueKind.Array) return CausalFixture.Ids(rows);
        return rows[0].GetRawText().Contains('.') ? tensor(rows.EnumerateArray().Select(e => e.GetSingle()).ToArray()) : tensor(rows.EnumerateArray().Select(e => e.GetInt64()).ToArray());
    }
}
