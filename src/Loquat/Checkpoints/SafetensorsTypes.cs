using static TorchSharp.torch;

namespace Loquat.Checkpoints;

/// <summary>The number types of safetensors files, by the format's names.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, ScalarType Type, int Size)[] _types =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    public static IEnumerable<string> Names => _types.Select(t => t.Name);

    public static ScalarType? Parse(string name) => _types.Where(t => t.Name == name).Select(t => (ScalarType?)t.Type).FirstOrDefault();

    public static string Name(ScalarType type) => _types.First(t => t.Type == type).Name;

    public static int Size(ScalarType type) => _types.First(t => t.Type == type).Size;
}
