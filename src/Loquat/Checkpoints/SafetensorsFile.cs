using System.IO.MemoryMappedFiles;
using System.Text.Json;
using System.Text.Unicode;
using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Checkpoints;

/// <summary>One tensor of a safetensors file: its type, shape and place in the file.</summary>
/// <param name="Type">The number type.</param>
/// <param name="Shape">Extent of each axis; empty for a scalar.</param>
/// <param name="Offset">First byte, from the file's beginning.</param>
/// <param name="Length">Bytes.</param>
public sealed record SafetensorsEntry(ScalarType Type, long[] Shape, long Offset, long Length);

/// <summary>
/// A safetensors file, memory-mapped: eight bytes of header length, a JSON header, then the tensors' bytes without gaps. Every number of the
/// header is checked before it is used, so a damaged or hostile file gives an error and nothing else.
/// </summary>
public sealed unsafe class SafetensorsFile : IDisposable
{
    /// <summary>Longest header that the format allows.</summary>
    private const long LongestHeader = 100_000_000;

    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private SafetensorsFile(string path)
    {
        Path = path;
        long length;
        try
        {
            length = new FileInfo(path).Length;
            if (length < 8) throw Damaged($"it has {length} bytes; the header's length alone takes 8");
            _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: cannot be read: {error.Message}", error);
        }
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start;
        try
        {
            Read(length);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path { get; }

    public IReadOnlyDictionary<string, SafetensorsEntry> Entries => _entries;

    /// <summary>The `__metadata__` of the header.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <exception cref="CheckpointException">The file is missing, unreadable or damaged; the message says where.</exception>
    public static SafetensorsFile Open(string path) => new(path);

    /// <summary>The bytes of a tensor, valid until this is disposed.</summary>
    /// <exception cref="CheckpointException">There is no such tensor, or it has more bytes than a span holds (2 GiB); <see cref="Load"/> reads any.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var entry = Entry(name);
        return entry.Length <= int.MaxValue
            ? new ReadOnlySpan<byte>(_start + entry.Offset, (int)entry.Length)
            : throw new CheckpointException($"{Path}: tensor '{name}' has {entry.Length} bytes, more than a span holds; load it as a tensor.");
    }

    /// <summary>A copy of a tensor, on the CPU.</summary>
    public Tensor Load(string name)
    {
        var entry = Entry(name);
        var result = empty(entry.Shape, dtype: entry.Type);
        if (entry.Length > 0) Buffer.MemoryCopy(_start + entry.Offset, TensorPointers.Data(result), entry.Length, entry.Length);
        return result;
    }

    public void Dispose()
    {
        if (_start != null) _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    private SafetensorsEntry Entry(string name) =>
        _entries.TryGetValue(name, out var entry) ? entry : throw new CheckpointException($"{Path}: there is no tensor '{name}'.");

    private void Read(long length)
    {
        var header = *(ulong*)_start;
        if (header > LongestHeader || (long)header > length - 8)
            throw Damaged($"the header says it has {header} bytes, the file has {length}");
        var dataStart = 8 + (long)header;
        var headerBytes = new ReadOnlySpan<byte>(_start + 8, (int)header);
        if (!Utf8.IsValid(headerBytes)) throw Damaged("the header is not UTF-8");
        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(headerBytes.ToArray());
        }
        catch (JsonException error)
        {
            throw Damaged($"the header is not JSON: {error.Message}");
        }
        using (json)
        {
            if (json.RootElement.ValueKind != JsonValueKind.Object) throw Damaged("the header is not a JSON object");
            var entries = new List<(string Name, SafetensorsEntry Entry)>();
            foreach (var field in json.RootElement.EnumerateObject())
            {
                var name = Name(field);
                if (name == "__metadata__") ReadMetadata(field.Value);
                else entries.Add((name, ReadEntry(name, field.Value, dataStart, length)));
            }
            var next = dataStart;
            foreach (var (name, entry) in entries.OrderBy(e => e.Entry.Offset).ThenBy(e => e.Entry.Length))
            {
                if (entry.Offset != next) throw Damaged($"tensor '{name}' begins at byte {entry.Offset}, where {next} is due: tensors must not overlap or leave gaps");
                if (!_entries.TryAdd(name, entry)) throw Damaged($"tensor '{name}' occurs twice");
                next += entry.Length;
            }
            if (next != length) throw Damaged($"the tensors end at byte {next}, the file has {length}");
        }
    }

    private void ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Damaged("__metadata__ is not an object");
        foreach (var field in value.EnumerateObject())
        {
            if (field.Value.ValueKind != JsonValueKind.String) throw Damaged($"__metadata__ holds a value that is not a text");
            _metadata[Name(field)] = Text(field.Value);
        }
    }

    private SafetensorsEntry ReadEntry(string name, JsonElement value, long dataStart, long length)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || !value.TryGetProperty("data_offsets", out var offsets))
            throw Damaged($"tensor '{name}' lacks dtype, shape or data_offsets");
        var type = SafetensorsTypes.Parse(Text(dtype)) ?? throw Damaged($"tensor '{name}' has dtype '{Text(dtype)}'; known are {string.Join(", ", SafetensorsTypes.Names)}");
        var extents = Numbers(name, "shape", shape);
        var range = Numbers(name, "data_offsets", offsets);
        if (range.Length != 2 || range[0] > range[1] || range[1] > length - dataStart)
            throw Damaged($"tensor '{name}' has data_offsets {offsets.GetRawText()}; the data has {length - dataStart} bytes");
        if (Size(type, extents) != range[1] - range[0])
            throw Damaged($"tensor '{name}' of dtype {Text(dtype)} and shape {shape.GetRawText()} has {range[1] - range[0]} bytes of data");
        return new SafetensorsEntry(type, extents, dataStart + range[0], range[1] - range[0]);
    }

    /// <summary>Bytes of a tensor, or -1 where they do not fit a number.</summary>
    private static long Size(ScalarType type, long[] extents)
    {
        try
        {
            return extents.Aggregate((long)SafetensorsTypes.Size(type), (product, extent) => checked(product * extent));
        }
        catch (OverflowException)
        {
            return -1;
        }
    }

    private long[] Numbers(string name, string field, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array) throw Damaged($"tensor '{name}': {field} is not a list");
        return [.. value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt64(out var number) && number >= 0
            ? number
            : throw Damaged($"tensor '{name}': {field} holds {e.GetRawText()}; whole numbers from 0 are allowed"))];
    }

    private string Text(JsonElement value) => Unicode(() => value.GetString()!);

    private string Name(JsonProperty field) => Unicode(() => field.Name);

    /// <summary>An escaped lone surrogate is valid JSON and no Unicode text.</summary>
    private string Unicode(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException error)
        {
            throw Damaged($"the header holds a text that is not Unicode: {error.Message}");
        }
    }

    private CheckpointException Damaged(string what) => new($"{Path}: damaged safetensors file: {what}.");
}
