namespace Loquat.Text.Tokenization.ByteLevel;

/// <summary>A pre-tokenization pattern: cuts text into the pieces that merges may not cross. Hand-written scanners, proved against the regular expressions in the tests.</summary>
public abstract class SplitPattern
{
    /// <summary>GPT-2's (Radford et al. 2019).</summary>
    public static SplitPattern Gpt2 { get; } = new Gpt2Pattern();

    /// <summary>Llama 3's, which is cl100k's with case-blind contractions.</summary>
    public static SplitPattern Llama3 { get; } = new Llama3Pattern();

    /// <summary>The scanner for a regular expression, or null where there is none.</summary>
    internal static SplitPattern? Find(string regex) => Array.Find([Gpt2, Llama3], p => p.Regex == regex);

    /// <summary>The pattern as the regular expression that `tokenizer.json` holds.</summary>
    public abstract string Regex { get; }

    /// <summary>Where the piece that begins at <paramref name="start"/> ends.</summary>
    public abstract int Next(ReadOnlySpan<char> text, int start);

    private protected static int Run(ReadOnlySpan<char> text, int at, CharacterClass wanted, int most = int.MaxValue)
    {
        while (at < text.Length && most-- > 0 && CharacterClasses.At(text, at, out var length) == wanted) at += length;
        return at;
    }

    /// <summary>`\s+(?!\S)|\s+` at a white-space character: the run, without its last character where text follows.</summary>
    private protected static int Spaces(ReadOnlySpan<char> text, int start)
    {
        var end = Run(text, start, CharacterClass.Space);
        return end == text.Length || end == start + 1 ? end : end - 1;
    }

    /// <summary>Length of 's 't 'm 'd 're 've 'll at a position, or 0.</summary>
    private protected static int Contraction(ReadOnlySpan<char> text, int at, bool ignoreCase)
    {
        if (text[at] != '\'' || at + 1 >= text.Length) return 0;
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
            if (Contraction(text, start, ignoreCase: false) is var length and > 0) return start + length;
            var kind = CharacterClasses.At(text, start, out _);
            if (kind != CharacterClass.Space) return Run(text, start, kind);
            if (text[start] == ' ' && start + 1 < text.Length && CharacterClasses.At(text, start + 1, out _) is var next and not CharacterClass.Space)
                return Run(text, start + 1, next);
            return Spaces(text, start);
        }
    }

    private sealed class Llama3Pattern : SplitPattern
    {
        public override string Regex =>
            @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

        public override int Next(ReadOnlySpan<char> text, int start)
        {
            if (Contraction(text, start, ignoreCase: true) is var contraction and > 0) return start + contraction;
            var kind = CharacterClasses.At(text, start, out var length);
            if (kind == CharacterClass.Letter) return Run(text, start, CharacterClass.Letter);
            if (kind == CharacterClass.Number) return Run(text, start, CharacterClass.Number, most: 3);
            var after = start + length;
            var next = after < text.Length ? CharacterClasses.At(text, after, out _) : CharacterClass.Space;
            if (text[start] is not ('\r' or '\n') && next == CharacterClass.Letter) return Run(text, after, CharacterClass.Letter);
            if (kind == CharacterClass.Other) return LineEnds(text, Run(text, start, CharacterClass.Other));
            if (text[start] == ' ' && next == CharacterClass.Other) return LineEnds(text, Run(text, after, CharacterClass.Other));
            var end = Run(text, start, CharacterClass.Space);
            var lastBreak = text[start..end].LastIndexOfAny('\r', '\n');
            return lastBreak >= 0 ? start + lastBreak + 1 : Spaces(text, start);
        }

        private static int LineEnds(ReadOnlySpan<char> text, int at)
        {
            while (at < text.Length && text[at] is '\r' or '\n') at++;
            return at;
        }
    }
}
