using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Reference;

/// <summary>The safetensors format in a dozen lines, trusting its input: what the real reader is compared with.</summary>
internal static class SimpleSafetensors
{
    public static Dictionary<string, Tensor> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var header = BitConverter.ToInt32(bytes);
        using var json = JsonDocument.Parse(bytes.AsMemory(8, header));
        var tensors = new Dictionary<string, Tensor>();
        foreach (var entry in json.RootElement.EnumerateObject().Where(e => e.Name != "__metadata__"))
        {
            var shape = entry.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64()).ToArray();
            var type = entry.Value.GetProperty("dtype").GetString() switch { "F32" => ScalarType.Float32, "I64" => ScalarType.Int64, "F64" => ScalarType.Float64, var t => throw new NotSupportedException(t) };
            var offsets = entry.Value.GetProperty("data_offsets").EnumerateArray().Select(e => e.GetInt32()).ToArray();
            var tensor = empty(shape, dtype: type);
            bytes.AsSpan(8 + header + offsets[0], offsets[1] - offsets[0]).CopyTo(tensor.bytes);
            tensors.Add(entry.Name, tensor);
        }
        return tensors;
    }
}
