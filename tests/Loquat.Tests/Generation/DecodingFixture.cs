using System.Text.Json;
using Loquat.Generation;
using Loquat.Tests.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Generation;

/// <summary>fixtures/training/decoding: what the reference implementation does to logits, and which hypotheses its beam search finds on a table of transitions.</summary>
internal static class DecodingFixture
{
    private static readonly Lazy<(JsonElement Cases, Dictionary<string, Tensor> Tensors, double Tolerance)> _all = new(() =>
    {
        var folder = SharedFolder.Require("fixtures", "training");
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "decoding.json")));
        return (document.RootElement.GetProperty("cases").Clone(), SimpleSafetensors.Read(Path.Combine(folder, "decoding.safetensors")), document.RootElement.GetProperty("about").GetProperty("tolerance").GetDouble());
    });

    private static bool IsThere => SharedFolder.Root is { } root && File.Exists(Path.Combine(root, "fixtures", "training", "decoding.json"));

    /// <summary>Largest difference in a tensor, divided by its largest value.</summary>
    public static double Tolerance => _all.Value.Tolerance;

    public static JsonElement Case(string? name) => _all.Value.Cases.GetProperty(name ?? "");

    public static IEnumerable<string?> Names(Func<JsonElement, string, bool> where)
    {
        if (!IsThere) return [null];
        return [.. _all.Value.Cases.EnumerateObject().Where(c => where(c.Value, c.Name)).Select(c => c.Name)];
    }

    public static bool Has(string name) => _all.Value.Tensors.ContainsKey(name);

    public static float[][] Rows(string name) => Rows(name, t => t.to(ScalarType.Float32).data<float>().ToArray());

    public static int[][] Ids(string name) => Rows(name, t => t.data<long>().Select(id => (int)id).ToArray());

    private static T[][] Rows<T>(string name, Func<Tensor, T[]> read)
    {
        using var scope = NewDisposeScope();
        var tensor = _all.Value.Tensors[name];
        var flat = read(tensor.contiguous().view(-1));
        var width = flat.Length / (int)tensor.shape[0];
        return [.. flat.Chunk(width)];
    }
}

/// <summary>A language model that is a table: the logits of the next token depend on the last alone.</summary>
internal sealed class TableTokens(float[][] table, int start) : NextTokens
{
    public override int Vocabulary => table.Length;

    public override IReadOnlyList<int> Beginning => [start];

    public override int Positions => int.MaxValue;

    public override void Read(IReadOnlyList<List<int>> texts, Span<float> logits)
    {
        for (var row = 0; row < texts.Count; row++) table[texts[row][^1]].CopyTo(logits[(row * Vocabulary)..]);
    }

    public override void Reorder(ReadOnlySpan<long> rows)
    {
    }

    public override void Dispose()
    {
    }
}
