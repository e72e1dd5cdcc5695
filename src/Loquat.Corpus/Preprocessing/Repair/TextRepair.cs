using System.Text;
using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>
/// Repairs text that programs have broken: mojibake, character references, terminal commands, ligatures, widths, quotes, line ends, control characters. It comes to the text that ftfy 6 comes to. Good text, plain
/// ASCII most of all, is told in one look and given back as it is.
/// </summary>
/// <example><code>var text = new TextRepair().Apply("La NiÃ±a");  // La Niña</code></example>
public sealed class TextRepair
{
    private const int MaxRounds = 100;

    private readonly TextRepairOptions _options;
    private readonly EncodingRepair _encoding;
    private readonly Breaks _all;

    public TextRepair(TextRepairOptions? options = null)
    {
        _options = options ?? new();
        if (_options.MaxDecodeLength < 1) throw new OptionsException($"MaxDecodeLength is {_options.MaxDecodeLength}: it must be 1 or more.");
        _encoding = new(_options);
        _all = Asked(_options);
    }

    /// <summary>Line by line, for lines of one text may have gone through different programs.</summary>
    public string Apply(string text)
    {
        if (BreakTable.IsPlain(text)) return text;
        StringBuilder? result = null;
        var copied = 0;
        var entities = _options.UnescapeHtml;
        for (int start = 0, end; start < text.Length; start = end)
        {
            var length = text.AsSpan(start).IndexOf('\n') + 1;
            end = length == 0 ? text.Length : start + length;
            if (end - start > _options.MaxDecodeLength) end = Cut(text, start, end);
            var breaks = BreakTable.Of(text.AsSpan(start, end - start));
            if (entities == EntityDecoding.Auto && (breaks & Breaks.Markup) != 0) entities = EntityDecoding.Never;
            if (!May(breaks, entities)) continue;
            var line = text[start..end];
            var repaired = Segment(line, entities, null);
            if ((object)repaired == line || repaired == line) continue;
            (result ??= new StringBuilder(text.Length)).Append(text, copied, start - copied).Append(repaired);
            copied = end;
        }
        return result is null ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>The text as one piece, and what was done to it.</summary>
    public (string Text, IReadOnlyList<RepairStep> Steps) Explain(string text)
    {
        var steps = new List<RepairStep>();
        var entities = _options.UnescapeHtml == EntityDecoding.Auto && text.Contains('<') ? EntityDecoding.Never : _options.UnescapeHtml;
        return (Segment(text, entities, steps), steps);
    }

    /// <summary>Mojibake alone.</summary>
    public string ApplyToEncoding(string text) => _encoding.Repair(text);

    private bool May(Breaks breaks, EntityDecoding entities) =>
        (breaks & _all & ~Breaks.Entity) != 0 || entities != EntityDecoding.Never && (breaks & Breaks.Entity) != 0;

    private static Breaks Asked(TextRepairOptions o) =>
        Breaks.Entity
        | (o.FixEncoding ? Breaks.Mojibake : 0)
        | (o.FixC1Controls ? Breaks.C1 : 0)
        | (o.FixLatinLigatures ? Breaks.Ligature : 0)
        | (o.FixCharacterWidth ? Breaks.Width : 0)
        | (o.UncurlQuotes ? Breaks.Quote : 0)
        | (o.FixLineBreaks ? Breaks.LineBreak : 0)
        | (o.FixSurrogates ? Breaks.Surrogate : 0)
        | (o.RemoveTerminalEscapes ? Breaks.Terminal : 0)
        | (o.RemoveControlCharacters ? Breaks.Control : 0)
        | (o.Normalization is null ? 0 : Breaks.Form);

    // Until nothing changes: one repair may bring up what another is for.
    private string Segment(string text, EntityDecoding entities, List<RepairStep>? steps)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var before = text;
            if (entities != EntityDecoding.Never) text = Try("unescape_html", text, HtmlEntities.Unescape, steps);
            if (_options.FixEncoding) text = _encoding.Repair(text, steps);
            var breaks = BreakTable.Of(text) & _all;
            if ((breaks & Breaks.C1) != 0) text = Try("fix_c1_controls", text, EncodingRepair.C1ToWindows1252, steps);
            if ((breaks & Breaks.Ligature) != 0) text = Try("fix_latin_ligatures", text, CharacterRepairs.Ligatures, steps);
            if ((breaks & Breaks.Width) != 0) text = Try("fix_character_width", text, CharacterRepairs.Widths, steps);
            if ((breaks & (Breaks.Quote | Breaks.C1)) != 0 && _options.UncurlQuotes) text = Try("uncurl_quotes", text, CharacterRepairs.Quotes, steps);
            if ((breaks & Breaks.LineBreak) != 0) text = Try("fix_line_breaks", text, CharacterRepairs.LineBreaks, steps);
            if ((breaks & Breaks.Surrogate) != 0) text = Try("fix_surrogates", text, CharacterRepairs.Surrogates, steps);
            if ((breaks & Breaks.Terminal) != 0) text = Try("remove_terminal_escapes", text, CharacterRepairs.TerminalEscapes, steps);
            if ((breaks & Breaks.Control) != 0) text = Try("remove_control_chars", text, CharacterRepairs.ControlCharacters, steps);
            if (_options.Normalization is { } form)
            {
                var normal = form.Apply(text);
                if (normal != text) steps?.Add(new("normalize", form.Name));
                text = normal;
            }
            if (text == before) break;
        }
        return text;
    }

    private static string Try(string name, string text, Func<string, string> repair, List<RepairStep>? steps)
    {
        var repaired = repair(text);
        if (steps is not null && repaired != text) steps.Add(new("apply", name));
        return repaired;
    }

    // At a whole number of characters, counted as Unicode counts.
    private int Cut(string text, int start, int end)
    {
        var cut = start + _options.MaxDecodeLength;
        if (text.AsSpan(start, _options.MaxDecodeLength).ContainsAnyInRange('\ud800', '\udbff'))
        {
            cut = start;
            for (var count = 0; count < _options.MaxDecodeLength && cut < end; count++) cut += char.IsHighSurrogate(text[cut]) && cut + 1 < end && char.IsLowSurrogate(text[cut + 1]) ? 2 : 1;
        }
        return Math.Min(cut, end);
    }
}
