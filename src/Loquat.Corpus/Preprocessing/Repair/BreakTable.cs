using System.Buffers;

namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>What a character may be a sign of.</summary>
[Flags]
internal enum Breaks : ushort
{
    None = 0,
    Entity = 1,
    Markup = 2,
    Terminal = 4,
    Mojibake = 8,
    C1 = 16,
    Ligature = 32,
    Width = 64,
    Quote = 128,
    LineBreak = 256,
    Surrogate = 512,
    Control = 1024,
    Form = 2048,
}

/// <summary>One look at a text that says which repairs it may need. Most texts need none.</summary>
internal static class BreakTable
{
    private static readonly SearchValues<char> _plain = SearchValues.Create([.. Enumerable.Range(0x20, 0x5f).Select(c => (char)c).Where(c => c is not ('&' or '<')), '\t', '\n', '\f']);

    private static readonly Breaks[] _table = Table();

    /// <summary>ASCII without anything that a repair looks at.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(_plain);

    public static Breaks Of(ReadOnlySpan<char> text)
    {
        var breaks = Breaks.None;
        for (var i = text.IndexOfAnyExcept(_plain); i >= 0 && i < text.Length; i++)
        {
            if (text[i] >= 0x80)
            {
                breaks |= _table[text[i]];
                continue;
            }
            breaks |= _table[text[i]];
            var skip = text[i..].IndexOfAnyExcept(_plain);
            if (skip < 0) break;
            if (skip > 0) i += skip - 1;
        }
        return breaks;
    }

    private static Breaks[] Table()
    {
        var table = new Breaks[0x10000];
        table['&'] = Breaks.Entity;
        table['<'] = Breaks.Markup;
        for (var c = 0; c < 0x10000; c++)
        {
            if (MojibakeClues.KindOf((char)c) != ClueKinds.None) table[c] |= Breaks.Mojibake;
            if (c is >= 0x80 and <= 0x9f) table[c] |= Breaks.C1;
            if (CharacterRepairs.IsLigature((char)c)) table[c] |= Breaks.Ligature;
            if (c is 0x3000 or >= 0xff01 and < 0xfff0) table[c] |= Breaks.Width;
            if (CharacterRepairs.IsQuote((char)c)) table[c] |= Breaks.Quote;
            if (c is '\r' or 0x85 or 0x2028 or 0x2029) table[c] |= Breaks.LineBreak;
            if (c is >= 0xd800 and <= 0xdfff) table[c] |= Breaks.Surrogate | Breaks.Form;
            if (c is 0x1b) table[c] |= Breaks.Terminal;
            if (CharacterRepairs.IsControl((char)c)) table[c] |= Breaks.Control;
            if (c >= 0xa0) table[c] |= Breaks.Form;
        }
        return table;
    }
}
