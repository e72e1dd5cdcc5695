namespace Loquat.Text.Tokenization.ByteLevel;

/// <summary>A pre-tokenization pattern: cuts text into the pieces that merges may not cross. Hand-written scanners, proved against the regular expressions in the tests.</summary>
public abstract class SplitPattern
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    /// <summary>GPT-2's (Radford et al. 2019).</summary>
    public static SplitPattern Gpt2 { get; } = new Gpt2Pattern();

    /// <summary>Llama 3's, which is cl100k's: numbers of three digits, case-blind contractions.</summary>
    public static SplitPattern Llama3 { get; } = new Llama3Pattern(digits: 3);

    /// <summary>Qwen 2's: as Llama 3's with each digit alone.</summary>
    public static SplitPattern Qwen2 { get; } = new Llama3Pattern(digits: 1);

    /// <summary>o200k's: words also end where lower case is followed by upper case.</summary>
    public static SplitPattern O200k { get; } = new O200kPattern();

    /// <summary>Each code point alone.</summary>
    public static SplitPattern EachCharacter { get; } = new CharacterPattern();

    internal static IReadOnlyList<SplitPattern> All { get; } = [Gpt2, Llama3, Qwen2, O200k, EachCharacter];

    // Other spellings that match the same: possessive repetitions, and a line break at the end of what a greedy run takes anyway.
    private static readonly Dictionary<string, SplitPattern> _byRegex = new(StringComparer.Ordinal)
    {
        [Gpt2.Regex] = Gpt2,
        [Llama3.Regex] = Llama3,
        [Qwen2.Regex] = Qwen2,
        [O200k.Regex] = O200k,
        [EachCharacter.Regex] = EachCharacter,
        [@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"] = Llama3,
        [@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"] = Llama3,
        [@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"] = Gpt2,
    };

    /// <summary>The scanner for a regular expression, or null where there is none.</summary>
    internal static SplitPattern? Find(string regex) => _byRegex.GetValueOrDefault(regex);

    /// <summary>The pattern as the regular expression that `tokenizer.json` holds.</summary>
    public abstract string Regex { get; }

    /// <summary>Where the piece that begins at <paramref name="start"/> ends.</summary>
    public abstract int Next(ReadOnlySpan<char> text, int start);

    private protected static int Run(ReadOnlySpan<char> text, int at, CharacterClass wanted, int most = int.MaxValue)
    {
        var classes = CharacterClasses.Basic;
        while (most > 0)
        {
            while (at < text.Length && most > 0 && classes[text[at]] == wanted)
            {
                at++;
                most--;
            }
            if (most == 0 || at >= text.Length || classes[text[at]] != CharacterClass.Surrogate || CharacterClasses.At(text, at, out var length) != wanted) break;
            at += length;
            most--;
        }
        return at;
    }

    /// <summary>`\s+(?!\S)|\s+` at a white-space character: the run, without its last character where text follows.</summary>
    private protected static int Spaces(ReadOnlySpan<char> text, int start)
    {
        var end = Run(text, start, CharacterClass.Space);
        return end == text.Length || end == start + 1 ? end : end - 1;
    }

    /// <summary>`\s*[\r\n]+|\s+(?!\S)|\s+` at a white-space character.</summary>
    private protected static int SpacesAndBreaks(ReadOnlySpan<char> text, int start)
    {
        var end = Run(text, start, CharacterClass.Space);
        var lastBreak = text[start..end].LastIndexOfAny('\r', '\n');
        return lastBreak >= 0 ? start + lastBreak + 1 : end == text.Length || end == start + 1 ? end : end - 1;
    }

    /// <summary>Length of 's 't 'm 'd 're 've 'll at a position, or 0.</summary>
    private protected static int Contraction(ReadOnlySpan<char> text, int at, bool ignoreCase)
    {
        if (at + 1 >= text.Length || text[at] != '\'') return 0;
        var first = Fold(text[at + 1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd') return 2;
        if (at + 2 >= text.Length) return 0;
        return (first, Fold(text[at + 2], ignoreCase)) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    // U+017F, the long s, folds to s.
    private static char Fold(char c, bool ignoreCase) => !ignoreCase ? c : c == 'ſ' ? 's' : char.ToLowerInvariant(c);

    private sealed class Gpt2Pattern : SplitPattern
    {
        public override string Regex => @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

        public override int Next(ReadOnlySpan<char> text, int start)
        {
            var classes = CharacterClasses.Basic;
            var c = text[start];
            if (c == ' ' && start + 1 < text.Length)
            {
                var next = CharacterClasses.At(text, start + 1, out _);
                if (next != CharacterClass.Space) return Run(text, start + 1, next);
            }
            else if (c == '\'' && Contraction(text, start, ignoreCase: false) is var length and > 0)
            {
                return start + length;
            }
            var kind = classes[c] == CharacterClass.Surrogate ? CharacterClasses.At(text, start, out _) : classes[c];
            return kind == CharacterClass.Space ? Spaces(text, start) : Run(text, start, kind);
        }
    }

    private sealed class Llama3Pattern(int digits) : SplitPattern
    {
        public override string Regex { get; } = Contractions + @"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + (digits == 1 ? "" : $"{{1,{digits}}}") + @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

        public override int Next(ReadOnlySpan<char> text, int start)
        {
            var kind = CharacterClasses.At(text, start, out var length);
            if (kind == CharacterClass.Letter) return Run(text, start, CharacterClass.Letter);
            if (kind == CharacterClass.Number) return Run(text, start, CharacterClass.Number, most: digits);
            if (Contraction(text, start, ignoreCase: true) is var contraction and > 0) return start + contraction;
            var after = start + length;
            var next = after < text.Length ? CharacterClasses.At(text, after, out _) : CharacterClass.Space;
            if (next == CharacterClass.Letter && text[start] is not ('\r' or '\n')) return Run(text, after, CharacterClass.Letter);
            if (kind == CharacterClass.Other) return LineEnds(text, Run(text, start, CharacterClass.Other));
            if (text[start] == ' ' && next == CharacterClass.Other) return LineEnds(text, Run(text, after, CharacterClass.Other));
            return SpacesAndBreaks(text, start);
        }

        private static int LineEnds(ReadOnlySpan<char> text, int at)
        {
            while (at < text.Length && text[at] is '\r' or '\n') at++;
            return at;
        }
    }

    private sealed class CharacterPattern : SplitPattern
    {
        public override string Regex => @"[\s\S]";

        public override int Next(ReadOnlySpan<char> text, int start) => Unicode.CodePoints.After(text, start);
    }
}
