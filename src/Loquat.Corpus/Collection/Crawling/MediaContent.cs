using System.Text;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>Tells pictures, sounds, films, fonts, scripts and styles from what may hold text. First bytes count for more than what the server says.</summary>
internal static class MediaContent
{
    private static readonly byte[][] _begins = [[0x89, 0x50, 0x4E, 0x47], [0xFF, 0xD8, 0xFF], .. ((string[])["GIF8", "RIFF", "OggS", "ID3", "fLaC", "wOFF", "wOF2", "OTTO", "\u007FELF", "MZ\x90"]).Select(Encoding.Latin1.GetBytes)];

    /// <param name="head">How the body begins.</param>
    /// <param name="type">What the server says.</param>
    /// <param name="isEncoded">Whether the bytes are compressed, so that they do not show what they are.</param>
    public static bool Is(ReadOnlySpan<byte> head, string type, bool isEncoded)
    {
        if (!isEncoded)
        {
            foreach (var begin in _begins)
                if (head.StartsWith(begin)) return true;
            if (head.Length > 12 && head[4..8].SequenceEqual("ftyp"u8)) return true;
            var text = Encoding.Latin1.GetString(head).TrimStart('\u00EF', '\u00BB', '\u00BF', ' ', '\r', '\n', '\t');
            if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)) return false;
        }
        return type is "text/css" or "text/javascript" or "application/javascript" or "application/x-javascript" or "application/wasm" or "application/vnd.ms-fontobject"
            || type.StartsWith("image/", StringComparison.Ordinal) || type.StartsWith("audio/", StringComparison.Ordinal) || type.StartsWith("video/", StringComparison.Ordinal) || type.StartsWith("font/", StringComparison.Ordinal);
    }
}
