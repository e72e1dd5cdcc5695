using System.Text.Json;
using Loquat.Kernels;
using Loquat.Text.Files;
using static TorchSharp.torch;

namespace Loquat.Checkpoints;

/// <summary>Writes safetensors files: tensors of any size in the order given, one at a time, so that memory holds no second copy of a model.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;
    private const int LongestWrite = 1 << 30; // a span holds less than 2 GiB

    /// <param name="path">Written in place: write into a folder that is renamed when whole.</param>
    /// <param name="tensors">Names and tensors; any device, made contiguous on the CPU one by one.</param>
    /// <exception cref="MachineException">The disk is full or the file cannot be written.</exception>
    public static unsafe void Write(string path, IReadOnlyList<(string Name, Tensor Tensor)> tensors)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 20);
            var header = Header(tensors);
            file.Write(BitConverter.GetBytes((long)header.Length));
            file.Write(header);
            foreach (var (_, tensor) in tensors)
            {
                using var scope = NewDisposeScope();
                using var guard = no_grad();
                var values = tensor.detach().cpu().contiguous();
                var start = (byte*)TensorPointers.Data(values);
                var length = values.numel() * values.element_size();
                for (var done = 0L; done < length; done += LongestWrite) file.Write(new ReadOnlySpan<byte>(start + done, (int)Math.Min(LongestWrite, length - done)));
            }
            file.Flush(flushToDisk: true);
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            throw new MachineException($"{path}: cannot be written: {error.Message} Free some space or name another folder; earlier checkpoints are whole.", error);
        }
    }

    private static byte[] Header(IReadOnlyList<(string Name, Tensor Tensor)> tensors)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            long offset = 0;
            foreach (var (name, tensor) in tensors)
            {
                var bytes = tensor.numel() * SafetensorsTypes.Size(tensor.dtype);
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsTypes.Name(tensor.dtype));
                json.WritePropertyName("shape");
                JsonSerializer.Serialize(json, tensor.shape);
                json.WritePropertyName("data_offsets");
                JsonSerializer.Serialize(json, new[] { offset, offset + bytes });
                json.WriteEndObject();
                offset += bytes;
            }
            json.WriteEndObject();
        }
        // Spaces after the JSON keep the data aligned.
        while (buffer.Length % Alignment != 0) buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}
