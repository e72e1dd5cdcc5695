using System.Text;

namespace Loquat.Corpus.Collection.Charsets;

/// <summary>How often each character stands in text of a language: what tells a right reading of bytes from a wrong one.</summary>
/// <remarks>
/// <c>letters.txt</c> has a line for each language: its name, the characters counted, then each character beyond ASCII with its count. It is made by <c>loquat corpus letters</c> from the Universal
/// Declaration of Human Rights (public domain) and sentences of Tatoeba (CC BY 2.0 FR).
/// </remarks>
internal sealed class LetterTable
{
    /// <summary>A letter that the language does not have, in natural logarithms.</summary>
    public const float Foreign = -11.5f;

    private const float CapitalOfKnown = -4;

    private static readonly Lazy<LetterTable> _shared = new(Load);

    private LetterTable(IReadOnlyList<LanguageLetters> languages) => Languages = languages;

    public static LetterTable Shared => _shared.Value;

    public IReadOnlyList<LanguageLetters> Languages { get; }

    /// <summary>A line of <c>letters.txt</c>.</summary>
    /// <param name="texts">Text of the language.</param>
    public static string Line(string language, IEnumerable<string> texts)
    {
        var counts = new Dictionary<char, int>();
        var total = 0;
        var space = false;
        foreach (var character in texts.SelectMany(text => text.Append(' ')))
        {
            if (char.IsWhiteSpace(character) && space) continue;
            space = char.IsWhiteSpace(character);
            total++;
            if (character >= 0x80 && !char.IsSurrogate(character) && !char.IsControl(character) && !space) counts[character] = counts.GetValueOrDefault(character) + 1;
        }
        var least = counts.Count > 400 ? 1 : 2; // of an alphabet, what stands once is foreign
        return $"{language} {total} {string.Concat(counts.Where(c => c.Value >= least).OrderByDescending(c => c.Value).ThenBy(c => c.Key).Select(c => $"{c.Key}{c.Value}"))}";
    }

    private static LetterTable Load()
    {
        using var reader = new StreamReader(typeof(LetterTable).Assembly.GetManifestResourceStream("letters.txt")!, Encoding.UTF8);
        return new([.. (reader.ReadToEnd() + SmallAlphabets.Lines).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read)]);
    }

    private static LanguageLetters Read(string line)
    {
        var parts = line.Trim().Split(' ', 3);
        var total = float.Parse(parts[1]);
        var letters = new Dictionary<char, float>();
        var rest = parts.Length > 2 ? parts[2] : "";
        for (var i = 0; i < rest.Length;)
        {
            var (letter, end) = (rest[i], i + 1);
            while (end < rest.Length && char.IsAsciiDigit(rest[end])) end++;
            letters[letter] = MathF.Log(int.Parse(rest.AsSpan(i + 1, end - i - 1)) / total);
            i = end;
        }
        var share = letters.Where(l => char.IsLetter(l.Key)).Sum(l => MathF.Exp(l.Value));
        foreach (var (letter, value) in letters.ToList())
            if (char.ToUpperInvariant(letter) is var capital && capital != letter) letters[capital] = MathF.Max(letters.GetValueOrDefault(capital, -100), value + CapitalOfKnown);
        return new(parts[0], letters, IsLatin: share < 0.4f && letters.Keys.Count(c => c is >= '\u4E00' and < '\uA000' or >= '\uAC00' and < '\uD7A4') < 100);
    }
}

/// <summary>The characters of a language beyond ASCII, with the natural logarithms of their shares.</summary>
/// <param name="IsLatin">Whether most of its text is ASCII.</param>
internal sealed record LanguageLetters(string Language, Dictionary<char, float> Letters, bool IsLatin);
