using System.Runtime.InteropServices;
using System.Text;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Counting;

namespace Loquat.Text.Tokenization.Models.Bpe;

/// <summary>The words of a corpus as the smallest tokens, in one array, and the vocabulary that they use.</summary>
internal sealed class SymbolWords
{
    /// <summary>What stands before, between and behind the words.</summary>
    public const int Boundary = -1;

    private SymbolWords(List<string> tokens, int[] symbols, int[] wordOf, WordCounts words) => (Tokens, Symbols, WordOf, Words) = (tokens, symbols, wordOf, words);

    /// <summary>Special tokens, then the alphabet, then the marked forms of its characters.</summary>
    public List<string> Tokens { get; }

    /// <summary>Token ids; <see cref="Boundary"/> around each word.</summary>
    public int[] Symbols { get; }

    /// <summary>The word that each place belongs to.</summary>
    public int[] WordOf { get; }

    public WordCounts Words { get; }

    public static SymbolWords Create(WordCounts words, BpeTrainerOptions options)
    {
        var tokens = new List<string>();
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var special in options.SpecialTokens) Add(special);
        var alphabet = options.ByteLevel ? ByteCharacters() : Alphabet(words, options);
        foreach (var character in alphabet) Add(char.ConvertFromUtf32(character));
        if (tokens.Count > options.VocabSize)
        {
            throw new OptionsException($"vocab_size is {options.VocabSize}; {options.SpecialTokens.Count} special tokens and {(options.ByteLevel ? "256 bytes" : $"{alphabet.Count} characters")} need {tokens.Count}. "
                + (options.ByteLevel ? "Set it to that at least." : "Set it to that at least, or set limit_alphabet."));
        }
        var (symbols, wordOf) = options.ByteLevel ? Bytes(words, ids) : Characters(words, options, ids, tokens);
        return new(tokens, symbols, wordOf, words);

        void Add(string token)
        {
            if (ids.TryAdd(token, tokens.Count)) tokens.Add(token);
        }
    }

    private static List<int> ByteCharacters() => [.. Enumerable.Range(0, 256).Select(b => (int)ByteAlphabet.Character((byte)b)).Order()];

    /// <summary>The characters that training may use, by code point. With a limit the most frequent stay, ties going to the lower code point; the initial ones count as most frequent.</summary>
    private static List<int> Alphabet(WordCounts words, BpeTrainerOptions options)
    {
        var counts = new Dictionary<int, long>();
        for (var w = 0; w < words.Count; w++)
            for (var rest = words.Word(w); rest.Length > 0;)
            {
                Rune.DecodeFromUtf8(rest, out var rune, out var length);
                rest = rest[length..];
                CollectionsMarshal.GetValueRefOrAddDefault(counts, rune.Value, out _) += words.Frequency(w);
            }
        foreach (var text in options.InitialAlphabet)
            if (text.Length > 0) counts[char.ConvertToUtf32(text, 0)] = long.MaxValue;
        var kept = counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Select(c => c.Key);
        return [.. kept.Take(options.LimitAlphabet ?? int.MaxValue).Order()];
    }

    private static (int[] Symbols, int[] WordOf) Bytes(WordCounts words, Dictionary<string, int> ids)
    {
        var byteIds = new int[256];
        for (var value = 0; value < 256; value++) byteIds[value] = ids[ByteAlphabet.Character((byte)value).ToString()];
        var size = Room(words);
        int[] symbols = new int[size], wordOf = new int[size];
        symbols[0] = Boundary;
        var at = 1;
        for (var w = 0; w < words.Count; w++)
        {
            wordOf.AsSpan(at, words.Word(w).Length + 1).Fill(w);
            foreach (var value in words.Word(w)) symbols[at++] = byteIds[value];
            symbols[at++] = Boundary;
        }
        return (symbols, wordOf);
    }

    /// <summary>Characters outside the alphabet are left out, as Hugging Face does; prefix and suffix make marked forms of the others.</summary>
    private static (int[] Symbols, int[] WordOf) Characters(WordCounts words, BpeTrainerOptions options, Dictionary<string, int> ids, List<string> tokens)
    {
        var forms = new Dictionary<int, int>();
        var size = Room(words);
        int[] symbols = new int[size], wordOf = new int[size];
        symbols[0] = Boundary;
        var at = 1;
        for (var w = 0; w < words.Count; w++)
        {
            var start = at;
            for (var rest = words.Word(w); rest.Length > 0;)
            {
                var first = rest.Length == words.Word(w).Length;
                Rune.DecodeFromUtf8(rest, out var rune, out var length);
                rest = rest[length..];
                ref var form = ref CollectionsMarshal.GetValueRefOrAddDefault(forms, (rune.Value << 2) | (first ? 1 : 0) | (rest.Length == 0 ? 2 : 0), out var known);
                if (!known) form = Form(rune.ToString(), first, rest.Length == 0);
                if (form < 0) continue;
                wordOf[at] = w;
                symbols[at++] = form;
            }
            if (at == start) continue;
            wordOf[at] = w;
            symbols[at++] = Boundary;
        }
        return (symbols[..at], wordOf);

        int Form(string character, bool first, bool last)
        {
            if (!ids.ContainsKey(character)) return -1;
            var text = (first ? "" : options.ContinuingSubwordPrefix) + character + (last ? options.EndOfWordSuffix : "");
            if (ids.TryGetValue(text, out var id)) return id;
            ids.Add(text, tokens.Count);
            tokens.Add(text);
            return tokens.Count - 1;
        }
    }

    private static int Room(WordCounts words)
    {
        var size = 1L + words.Bytes + words.Count;
        return size <= Array.MaxLength ? (int)size
            : throw new DataException($"the text has {words.Count} distinct words of {words.Bytes} bytes; training holds at most {Array.MaxLength} symbols. Give less text, or a pre-tokenizer that cuts it into shorter words.");
    }
}
