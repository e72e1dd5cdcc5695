using System.Diagnostics;
using System.Text;

namespace Loquat.Text.Tokenization;

/// <summary>How well a tokenizer fits a text.</summary>
public sealed record TokenizerReport
{
    public required int VocabSize { get; init; }

    /// <summary>UTF-8 bytes of the text.</summary>
    public required long Bytes { get; init; }

    public required long Tokens { get; init; }

    /// <summary>Words: stretches between white space.</summary>
    public required long Words { get; init; }

    /// <summary>Tokens that the text is unknown to the vocabulary in, as a share of all. 0 to 1.</summary>
    public required double UnknownShare { get; init; }

    /// <summary>Tokens of the vocabulary that the text uses.</summary>
    public required int Used { get; init; }

    /// <summary>Rényi entropy of order 2.5 of the token frequencies over log V: how evenly the vocabulary is used (Zouhar et al. 2023). 0 to 1.</summary>
    public required double RenyiEfficiency { get; init; }

    /// <summary>Whether decoding gave back every text.</summary>
    public required bool Lossless { get; init; }

    /// <summary>MB of text encoded in a second on one thread.</summary>
    public required double MegabytesPerSecond { get; init; }

    /// <summary>The longest tokens of the vocabulary by decoded characters, longest first.</summary>
    public required IReadOnlyList<string> Longest { get; init; }

    /// <summary>UTF-8 bytes a token: the compression. Higher is fewer tokens.</summary>
    public double BytesPerToken => (double)Bytes / Math.Max(1, Tokens);

    /// <summary>Tokens a word.</summary>
    public double Fertility => (double)Tokens / Math.Max(1, Words);

    /// <summary>Share of the vocabulary that the text uses. 0 to 1.</summary>
    public double UsedShare => (double)Used / VocabSize;

    /// <summary>Encodes and decodes a text part by part.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static TokenizerReport Of(Tokenizer tokenizer, IEnumerable<string> texts, CancellationToken cancellation = default)
    {
        const double Order = 2.5;
        const int Shown = 10;
        var counts = new long[tokenizer.VocabSize];
        long bytes = 0, words = 0, tokens = 0;
        var lossless = true;
        var watch = new Stopwatch();
        var ids = new List<int>();
        foreach (var text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            ids.Clear();
            watch.Start();
            tokenizer.EncodeIds(text, ids);
            watch.Stop();
            foreach (var id in ids) counts[id]++;
            tokens += ids.Count;
            bytes += Encoding.UTF8.GetByteCount(text);
            words += CountWords(text);
            lossless = lossless && tokenizer.Decode(ids, skipSpecialTokens: false) == text;
        }
        var unknown = Unknown(tokenizer) is { } unknownId ? counts[unknownId] : 0;
        var power = counts.Sum(count => Math.Pow((double)count / Math.Max(1, tokens), Order));
        return new TokenizerReport
        {
            VocabSize = tokenizer.VocabSize,
            Bytes = bytes,
            Tokens = tokens,
            Words = words,
            UnknownShare = (double)unknown / Math.Max(1, tokens),
            Used = counts.Count(count => count > 0),
            RenyiEfficiency = tokens == 0 ? 0 : Math.Log(power) / (1 - Order) / Math.Log(tokenizer.VocabSize),
            Lossless = lossless,
            MegabytesPerSecond = bytes / 1e6 / Math.Max(1e-9, watch.Elapsed.TotalSeconds),
            Longest = [.. Enumerable.Range(0, tokenizer.VocabSize).Where(id => !tokenizer.IsSpecial(id)).Select(id => tokenizer.Decode([id])).OrderByDescending(t => t.Length).ThenBy(t => t, StringComparer.Ordinal).Take(Shown)],
        };
    }

    private static long CountWords(string text)
    {
        long words = 0;
        var inside = false;
        foreach (var c in text)
        {
            var space = char.IsWhiteSpace(c);
            if (inside && space) words++;
            inside = !space;
        }
        return inside ? words + 1 : words;
    }

    private static int? Unknown(Tokenizer tokenizer) =>
        new[] { "<unk>", "[UNK]", "\uFFFD" }.Select(tokenizer.TokenToId).FirstOrDefault(id => id is not null);
}
