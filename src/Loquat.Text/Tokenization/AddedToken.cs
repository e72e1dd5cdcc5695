namespace Loquat.Text.Tokenization;

/// <summary>A text that is one token wherever it stands; names are those of `tokenizer.json`.</summary>
/// <param name="Content">The text.</param>
public sealed record AddedToken(string Content)
{
    /// <summary>Whether it is found only where no word character touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Whether it takes the white space before it.</summary>
    public bool LStrip { get; init; }

    /// <summary>Whether it takes the white space after it.</summary>
    public bool RStrip { get; init; }

    /// <summary>Whether it is looked for in the normalized text, itself normalized; otherwise in the text as it comes.</summary>
    public bool Normalized { get; init; }

    /// <summary>Whether decoding may leave it out.</summary>
    public bool Special { get; init; }
}
