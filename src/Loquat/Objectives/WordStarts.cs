using Loquat.Text.Tokenization;

namespace Loquat.Objectives;

/// <summary>Which tokens begin a word, by the spelling of the tokenizer: after WordPiece's ##, a space of byte-level BPE, or the metaspace.</summary>
internal static class WordStarts
{
    private const string Continuing = "##";
    private static readonly char[] _spaces = ['Ġ', '▁', ' ', 'Ċ'];

    public static bool[] Of(Tokenizer tokenizer)
    {
        var names = Enumerable.Range(0, tokenizer.VocabSize).Select(id => tokenizer.IdToToken(id) ?? "").ToArray();
        if (names.Any(name => name.StartsWith(Continuing, StringComparison.Ordinal))) return [.. names.Select(name => !name.StartsWith(Continuing, StringComparison.Ordinal))];
        if (names.Any(name => name.Length > 1 && _spaces.Contains(name[0]))) return [.. names.Select(name => name.Length > 0 && (_spaces.Contains(name[0]) || !char.IsLetterOrDigit(name[0])))];
        // Characters and whole words: letters go on, all else begins.
        return names.Any(name => name.Length > 1 && name.All(char.IsLetter)) ? [.. names.Select(_ => true)] : [.. names.Select(name => name.Length == 0 || !char.IsLetterOrDigit(name[0]))];
    }
}
