using System.Runtime.InteropServices;
using System.Text;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization;

/// <summary>Options of <see cref="BpeTrainer"/>.</summary>
public sealed record BpeTrainerOptions
{
    /// <summary>Tokens in all: special ones, 256 bytes, merges.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Pairs rarer than this are not merged. Default: 0, as Hugging Face.</summary>
    public long MinFrequency { get; init; }

    /// <summary>The first ids.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<|endoftext|>"];

    /// <summary>Where text is cut. Default: GPT-2's pattern.</summary>
    public SplitPattern Pattern { get; init; } = SplitPattern.Gpt2;
}

/// <summary>
/// Learns byte-level BPE (Sennrich et al. 2016; Radford et al. 2019): the most frequent pair of neighbours becomes a token, ties going to the
/// pair of lower ids, until the vocabulary is full. Counts are 64-bit; memory grows with distinct words, not with text; the result does not depend on the number of threads.
/// </summary>
public static class BpeTrainer
{
    /// <param name="texts">Read once, in order.</param>
    /// <exception cref="OptionsException">The vocabulary has no room for the bytes, or the text does not allow so many tokens.</exception>
    public static Tokenizer Train(IEnumerable<string> texts, BpeTrainerOptions options)
    {
        var fixedTokens = options.SpecialTokens.Count + 256;
        if (options.VocabSize < fixedTokens)
            throw new OptionsException($"vocab_size is {options.VocabSize}; {options.SpecialTokens.Count} special tokens and 256 bytes need {fixedTokens}.");
        var (words, counts) = CountWords(texts, options.Pattern);
        var vocabulary = new List<string>(options.SpecialTokens);
        var byteIds = new int[256];
        foreach (var value in Enumerable.Range(0, 256).OrderBy(b => ByteAlphabet.Character((byte)b)))
        {
            byteIds[value] = vocabulary.Count;
            vocabulary.Add(ByteAlphabet.Character((byte)value).ToString());
        }
        var symbols = words.Select(w => Encoding.UTF8.GetBytes(w).Select(b => byteIds[b]).ToArray()).ToArray();
        var merges = Merge(symbols, counts, vocabulary, options);
        return Tokenizer.ByteLevelBpe(vocabulary, merges, options.SpecialTokens, options.Pattern);
    }

    private static (string[] Words, long[] Counts) CountWords(IEnumerable<string> texts, SplitPattern pattern)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var text in texts)
        {
            for (int start = 0, end; start < text.Length; start = end)
            {
                end = pattern.Next(text, start);
                CollectionsMarshal.GetValueRefOrAddDefault(lookup, text.AsSpan(start, end - start), out _)++;
            }
        }
        return ([.. counts.Keys], [.. counts.Values]);
    }

    private static List<(int Left, int Right)> Merge(int[][] words, long[] counts, List<string> vocabulary, BpeTrainerOptions options)
    {
        var changed = new HashSet<long>();
        var pairCounts = new Dictionary<long, long>();
        var places = new Dictionary<long, HashSet<int>>();
        for (var w = 0; w < words.Length; w++)
            for (var i = 0; i + 1 < words[w].Length; i++) Count(words[w][i], words[w][i + 1], counts[w], w);
        var queue = new PriorityQueue<(long Pair, long Count), (long Negative, long Pair)>(pairCounts.Select(p => ((p.Key, p.Value), (-p.Value, p.Key))));
        var merges = new List<(int, int)>();
        var byText = vocabulary.Select((text, id) => (text, id)).ToDictionary(t => t.text, t => t.id, StringComparer.Ordinal);
        while (vocabulary.Count < options.VocabSize && queue.TryDequeue(out var top, out _))
        {
            var current = pairCounts.GetValueOrDefault(top.Pair);
            if (current != top.Count)
            {
                if (current > 0) queue.Enqueue((top.Pair, current), (-current, top.Pair));
                continue;
            }
            if (current < Math.Max(1, options.MinFrequency)) break;
            var (left, right) = ((int)(top.Pair >> 32), (int)top.Pair);
            var text = vocabulary[left] + vocabulary[right];
            if (!byText.TryGetValue(text, out var token))
            {
                token = vocabulary.Count;
                byText.Add(text, token);
                vocabulary.Add(text);
            }
            merges.Add((left, right));
            changed.Clear();
            foreach (var w in places[top.Pair]) Replace(w, left, right, token);
            pairCounts.Remove(top.Pair);
            places.Remove(top.Pair);
            foreach (var pair in changed)
                if (pairCounts.GetValueOrDefault(pair) is var count and > 0) queue.Enqueue((pair, count), (-count, pair));
        }
        if (vocabulary.Count < options.VocabSize)
        {
            throw new OptionsException(
                $"vocab_size is {options.VocabSize}, but the text allows only {vocabulary.Count} tokens before every word is one token. " +
                $"Give more text, or set tokenizer.vocab_size to at most {vocabulary.Count}.");
        }
        return merges;

        void Count(int left, int right, long by, int word)
        {
            var pair = ((long)left << 32) | (uint)right;
            CollectionsMarshal.GetValueRefOrAddDefault(pairCounts, pair, out _) += by;
            if (by > 0) (CollectionsMarshal.GetValueRefOrAddDefault(places, pair, out _) ??= []).Add(word);
            changed.Add(pair);
        }

        void Replace(int w, int left, int right, int token)
        {
            var word = words[w];
            var by = counts[w];
            var kept = 0;
            for (var i = 0; i < word.Length; i++)
            {
                if (i + 1 < word.Length && word[i] == left && word[i + 1] == right)
                {
                    if (kept > 0)
                    {
                        Count(word[kept - 1], left, -by, w);
                        Count(word[kept - 1], token, by, w);
                    }
                    if (i + 2 < word.Length)
                    {
                        Count(right, word[i + 2], -by, w);
                        Count(token, word[i + 2], by, w);
                    }
                    word[kept++] = token;
                    i++;
                }
                else
                {
                    word[kept++] = word[i];
                }
            }
            words[w] = word[..kept];
        }
    }
}
