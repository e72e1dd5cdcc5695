using System.Text;
using System.Text.RegularExpressions;

namespace Loquat.Corpus.Collection.Mail;

/// <summary>
/// Divides a mailbox into messages: a line that begins with `From ` and goes on as an envelope does, with an address or a dash and a date, begins one; behind an empty line less of a date is asked for. Lines quoted as `&gt;From ` lose their mark.
/// </summary>
internal static partial class Mailbox
{
    /// <param name="largest">Bytes of a message that is held; a longer one is told and passed over.</param>
    public static IEnumerable<(byte[] Message, string? Fault)> Messages(Stream stream, int largest)
    {
        using var message = new MemoryStream();
        var (begun, empty, cut) = (false, true, false);
        foreach (var read in Lines(stream))
        {
            var line = !begun && read.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? read[3..] : read;
            if (line.Span.StartsWith("From "u8) && (empty && (!begun || Envelope().IsMatch(Text(line.Span))) || StrictEnvelope().IsMatch(Text(line.Span))))
            {
                if (begun) yield return Whole();
                message.SetLength(0);
                (begun, cut, empty) = (true, false, false);
                continue;
            }
            empty = line.Span.TrimEnd("\r\n"u8).IsEmpty;
            if (!begun) continue;
            if (message.Length + line.Length > largest) cut = true;
            else message.Write(line.Span.StartsWith(">From "u8) ? line.Span[1..] : line.Span);
        }
        if (begun) yield return Whole();

        (byte[], string?) Whole() => cut ? ([], $"the message is larger than {largest:N0} bytes") : (message.ToArray(), null);
    }

    private static string Text(ReadOnlySpan<byte> line) => Encoding.Latin1.GetString(line[..Math.Min(line.Length, 200)]).TrimEnd();

    [GeneratedRegex(@"^From (-( |$)|\S+@\S+|\S+ .*(\d\d:\d\d|\b(19|20)\d\d\b)|\S*$)")]
    private static partial Regex Envelope();

    [GeneratedRegex(@"^From (-( |$)|\S+ +[A-Z][a-z]{2} +[A-Z][a-z]{2} +\d+ +\d\d:\d\d(:\d\d)? .*\d{4})")]
    private static partial Regex StrictEnvelope();

    /// <summary>Lines with their ends; a line longer than the buffer comes in pieces.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(Stream stream)
    {
        var buffer = new byte[1 << 16];
        var (begin, end) = (0, 0);
        while (true)
        {
            var at = buffer.AsSpan(begin, end - begin).IndexOf((byte)'\n');
            if (at >= 0)
            {
                yield return buffer.AsMemory(begin, at + 1);
                begin += at + 1;
                continue;
            }
            if (begin == 0 && end == buffer.Length)
            {
                yield return buffer.AsMemory(0, end);
                end = 0;
            }
            buffer.AsSpan(begin, end - begin).CopyTo(buffer);
            (begin, end) = (0, end - begin);
            var read = stream.Read(buffer, end, buffer.Length - end);
            end += read;
            if (read > 0) continue;
            if (end > 0) yield return buffer.AsMemory(0, end);
            yield break;
        }
    }
}
