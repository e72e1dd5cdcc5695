using System.Text;
using System.Text.Unicode;
using Loquat.Text.Collection.Stories;

namespace Loquat.Benchmarks.Tokenizers;

/// <summary>
/// Text to measure with: the real text of the shared folder in many languages, file after file, then one part of stories to three of real text. When the real text is
/// used up it comes again with two letters exchanged in one word of thirty, other words each time, so that new words keep coming as they do in real text.
/// </summary>
internal sealed class BenchmarkText
{
    private static readonly string[] Folders =
        ["ag_news", "alpaca", "gsm8k", "hellaswag", "hh_rlhf", "mc_tasks", "multilingual", "raw/gutenberg", "raw/mediawiki", "squad", "sst2", "tinyshakespeare", "tinystories", "wikitext-2"];

    private static readonly string[] EnglishFolders = ["raw/gutenberg", "tinyshakespeare", "tinystories", "wikitext-2"];

    private readonly byte[] _real;

    private BenchmarkText(byte[] real) => _real = real;

    /// <summary>Bytes of real text.</summary>
    public int RealBytes => _real.Length;

    public static BenchmarkText Mixed(string shared) => new(Read(shared, Folders));

    public static BenchmarkText English(string shared) => new(Read(shared, EnglishFolders));

    /// <summary>Writes at least so many bytes, ending with a line.</summary>
    public void Write(string path, long size, bool stories = true)
    {
        using var file = File.Create(path);
        var block = new byte[1 << 22];
        var corpus = new StoryCorpus(1);
        var (written, story) = (0L, 0L);
        for (var pass = 0; ; pass++)
            for (var start = 0; start < _real.Length; start += block.Length)
            {
                var length = Math.Min(block.Length, _real.Length - start);
                _real.AsSpan(start, length).CopyTo(block);
                if (pass > 0) Vary(block.AsSpan(0, length), (uint)pass);
                file.Write(block, 0, length);
                written += length;
                for (var more = stories ? length / 3 : 0; more > 0; story++)
                {
                    var count = corpus.Write(story, block, out _);
                    block[count++] = (byte)'\n';
                    file.Write(block, 0, count);
                    written += count;
                    more -= count;
                }
                if (written < size) continue;
                file.WriteByte((byte)'\n');
                return;
            }
    }

    private static byte[] Read(string shared, string[] folders)
    {
        var text = new MemoryStream();
        foreach (var folder in folders.Select(f => Path.Combine(shared, "data", f)).Where(Directory.Exists))
            foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                if (File.ReadAllBytes(path) is var bytes && Utf8.IsValid(bytes) && !bytes.AsSpan().Contains((byte)0)) text.Write(bytes);
        return text.Length > 0 ? text.ToArray() : throw new DataException($"{shared}: no text in data/{string.Join(", data/", folders)}; set LOQUAT_SHARED to the folder that holds it.");
    }

    private static void Vary(Span<byte> text, uint pass)
    {
        var state = pass * 2654435761;
        for (var at = 1; at + 2 < text.Length; at++)
        {
            if (!char.IsAsciiLetterLower((char)text[at]) || !char.IsAsciiLetterLower((char)text[at + 1]) || !char.IsAsciiLetter((char)text[at - 1])) continue;
            state = state * 1664525 + 1013904223;
            if (state >> 24 < 3) (text[at], text[at + 1]) = (text[at + 1], text[at]);
        }
    }
}
