using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using static TorchSharp.torch;

namespace Loquat.Tests.Optimization;

/// <summary>A section of the training fixtures: cases of a JSON file and the float32 and int64 tensors beside it.</summary>
internal sealed class Fixture : IDisposable
{
    private readonly JsonDocument _json;
    private readonly byte[] _bytes;
    private readonly JsonDocument _header;

    public Fixture(string section)
    {
        _json = JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("fixtures", "training", section + ".json")));
        _bytes = File.ReadAllBytes(SharedFolder.Require("fixtures", "training", section + ".safetensors"));
        Data = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(_bytes);
        _header = JsonDocument.Parse(_bytes.AsMemory(8, Data - 8));
    }

    private int Data { get; }

    public IEnumerable<JsonProperty> Cases => _json.RootElement.GetProperty("cases").EnumerateObject();

    public double Tolerance => _json.RootElement.GetProperty("about").GetProperty("tolerance").GetDouble();

    public JsonElement Case(string name) => _json.RootElement.GetProperty("cases").GetProperty(name);

    public IEnumerable<string> Names(string prefix) =>
        _header.RootElement.EnumerateObject().Select(p => p.Name).Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public Tensor Tensor(string name)
    {
        var entry = _header.RootElement.GetProperty(name);
        var shape = entry.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64()).ToArray();
        var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(v => v.GetInt32()).ToArray();
        var bytes = _bytes.AsSpan(Data + offsets[0], offsets[1] - offsets[0]);
        return entry.GetProperty("dtype").GetString() == "I64"
            ? tensor(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), shape)
            : tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), shape);
    }

    public void Dispose()
    {
        _json.Dispose();
        _header.Dispose();
    }

    /// <summary>Largest difference over largest value.</summary>
    public static double Distance(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        var wide = expected.to(ScalarType.Float64);
        return (actual.detach().to(ScalarType.Float64) - wide).abs().max().item<double>() / Math.Max(wide.abs().max().item<double>(), 1e-30);
    }
}
