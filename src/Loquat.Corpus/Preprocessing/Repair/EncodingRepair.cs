using System.Text;

namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>
/// Mojibake back to the text it was: as long as the text looks like mojibake, it is written in the encodings it may have been read in, one after the other, and read as UTF-8. The order of the trials is that of
/// ftfy 6, so that both come to the same text.
/// </summary>
internal sealed class EncodingRepair(TextRepairOptions options)
{
    private const int MaxSteps = 64; // each step makes the text shorter or changes what is in it for good; a bound all the same

    private static readonly EncodingRepair _byDefault = new(new TextRepairOptions());

    /// <param name="steps">Gets what was done, in order; null where no one asks.</param>
    public string Repair(string text, List<RepairStep>? steps = null)
    {
        for (var i = 0; i < MaxSteps; i++)
        {
            var repaired = OneStep(text, steps);
            if (repaired == text) break;
            text = repaired;
        }
        return text;
    }

    private string OneStep(string text, List<RepairStep>? steps)
    {
        if (!MojibakeClues.IsBad(text)) return text;
        var holding = SingleByteEncoding.Holding(text);
        for (var i = 0; i < SingleByteEncoding.All.Length; i++)
        {
            if ((holding & 1 << i) == 0) continue;
            var encoding = SingleByteEncoding.All[i];
            var bytes = encoding.Encode(text);
            var done = steps is null ? null : new List<RepairStep> { new("encode", encoding.Name) };
            // In MacRoman this would match an en dash before a space.
            if (options.RestoreByteA0 && encoding.Name != "macroman") bytes = Transcode(bytes, LostBytes.RestoreA0, "restore_byte_a0", done);
            if (options.ReplaceLossySequences && encoding.IsSloppy) bytes = Transcode(bytes, LostBytes.ReplaceLossy, "replace_lossy_sequences", done);
            if (Utf8Variants.Decode(bytes, out var variants) is not { } decoded) continue;
            steps?.AddRange([.. done!, new("decode", variants ? "utf-8-variants" : "utf-8")]);
            return decoded;
        }
        if (options.DecodeInconsistentUtf8 && Inside(text) is { } consistent && consistent != text)
        {
            steps?.Add(new("apply", "decode_inconsistent_utf8"));
            return consistent;
        }
        if (!text.AsSpan().ContainsAnyInRange('\u0080', '\u009f')) return text;
        // Latin-1 that was meant to be Windows-1252.
        var latin1 = (holding & 1) != 0 && text.All(c => c is not (>= '\u0080' and <= '\u009f') || SingleByteEncoding.IsInWindows1252((byte)c));
        if (latin1) steps?.AddRange([new("encode", "latin-1"), new("decode", "windows-1252")]);
        else if (!options.FixC1Controls) return text;
        else steps?.Add(new("transcode", "fix_c1_controls"));
        return C1ToWindows1252(text);
    }

    private static byte[] Transcode(byte[] bytes, Func<byte[], byte[]> change, string name, List<RepairStep>? steps)
    {
        var changed = change(bytes);
        if (steps is not null && !changed.AsSpan().SequenceEqual(bytes)) steps.Add(new("transcode", name));
        return changed;
    }

    /// <summary>C1 control characters to what Windows-1252 has in their places.</summary>
    public static string C1ToWindows1252(string text) =>
        string.Create(text.Length, text, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++) span[i] = text[i] is >= '\u0080' and <= '\u009f' ? SingleByteEncoding.Windows1252(text[i]) : text[i];
        });

    /// <summary>Repairs the parts that look like UTF-8 read in an encoding like Latin-1, each on its own. Null where there is none.</summary>
    private static string? Inside(string text)
    {
        StringBuilder? result = null;
        var copied = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (i > 0 && Utf8Places.IsStrictContinuation(text[i - 1])) continue;
            var end = i;
            while (Utf8Places.Sequence(text.AsSpan(end)) is > 0 and var length) end += length;
            if (end == i) continue;
            var part = text[i..end];
            // Shorter than the whole: else this would never end.
            if (part.Length < text.Length && MojibakeClues.IsBad(part))
            {
                (result ??= new StringBuilder(text.Length)).Append(text, copied, i - copied).Append(_byDefault.Repair(part));
                copied = end;
            }
            i = end - 1;
        }
        return result?.Append(text, copied, text.Length - copied).ToString();
    }
}

/// <summary>A step that changed a text: <c>encode</c>, <c>decode</c>, <c>transcode</c>, <c>apply</c> or <c>normalize</c>, and what with.</summary>
public readonly record struct RepairStep(string Operation, string With);
