using Loquat.Corpus.Preprocessing.Characters;

namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>Whether character references of HTML are decoded.</summary>
public enum EntityDecoding
{
    /// <summary>Until the first line with a &lt;, which tells markup from text.</summary>
    Auto,
    Always,
    Never,
}

/// <summary>What <see cref="TextRepair"/> repairs. The defaults and the names are those of ftfy 6.</summary>
public sealed record TextRepairOptions
{
    /// <summary>Default: until the first line that contains &lt;.</summary>
    public EntityDecoding UnescapeHtml { get; init; } = EntityDecoding.Auto;

    /// <summary>Removes colors and other commands of terminals (ESC [ … letter). Default: true.</summary>
    public bool RemoveTerminalEscapes { get; init; } = true;

    /// <summary>Repairs mojibake: text that was read in another encoding than it was written in. Default: true.</summary>
    public bool FixEncoding { get; init; } = true;

    /// <summary>While repairing: takes a space for byte A0 where that makes a character. Default: true.</summary>
    public bool RestoreByteA0 { get; init; } = true;

    /// <summary>While repairing: puts U+FFFD where bytes are lost. Default: true.</summary>
    public bool ReplaceLossySequences { get; init; } = true;

    /// <summary>While repairing: repairs pieces of mojibake inside text that is none. Default: true.</summary>
    public bool DecodeInconsistentUtf8 { get; init; } = true;

    /// <summary>Takes C1 control characters for what Windows-1252 has in their places. Default: true.</summary>
    public bool FixC1Controls { get; init; } = true;

    /// <summary>ﬁ to fi, and other ligatures and digraphs of Latin letters. Default: true.</summary>
    public bool FixLatinLigatures { get; init; } = true;

    /// <summary>Full-width Latin and half-width katakana and hangul to their usual widths. Default: true.</summary>
    public bool FixCharacterWidth { get; init; } = true;

    /// <summary>“ ” ‘ ’ to " and '. Default: true.</summary>
    public bool UncurlQuotes { get; init; } = true;

    /// <summary>CR LF, CR, U+0085, U+2028 and U+2029 to LF. Default: true.</summary>
    public bool FixLineBreaks { get; init; } = true;

    /// <summary>U+FFFD for surrogates without their other half. Default: true.</summary>
    public bool FixSurrogates { get; init; } = true;

    /// <summary>Removes control characters other than tab, line ends and form feed, and a few invisible ones of Unicode. Default: true.</summary>
    public bool RemoveControlCharacters { get; init; } = true;

    /// <summary>The form that the text gets last, or null. Default: NFC.</summary>
    public NormalForm? Normalization { get; init; } = NormalForm.Nfc;

    /// <summary>The longest line that is repaired as one piece, in characters; a longer one is cut. Default: 1,000,000.</summary>
    public int MaxDecodeLength { get; init; } = 1_000_000;

    /// <summary>Mojibake alone: what the text says in good encoding is left as it is written.</summary>
    public static TextRepairOptions EncodingOnly { get; } = new()
    {
        UnescapeHtml = EntityDecoding.Never,
        RemoveTerminalEscapes = false,
        FixLatinLigatures = false,
        FixCharacterWidth = false,
        UncurlQuotes = false,
        FixLineBreaks = false,
        FixSurrogates = false,
        RemoveControlCharacters = false,
        FixC1Controls = false,
        Normalization = null,
    };
}
