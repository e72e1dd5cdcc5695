namespace Loquat.Text.Collection;

/// <summary>A document, or a part of a long one.</summary>
/// <param name="Text">Never empty.</param>
/// <param name="Ends">Whether the document ends here; a part that does not is followed by the next part of the same document.</param>
/// <param name="Bits">The document's information in bits where its source is known; else NaN.</param>
public readonly record struct TextDocument(string Text, bool Ends = true, double Bits = double.NaN);

/// <summary>Text to train on and text to validate with, read as often as needed, always in the same order.</summary>
public interface ITextCorpus
{
    /// <summary>What it is, for the reader of a report.</summary>
    string Description { get; }

    /// <summary>Changes whenever the documents of either split do.</summary>
    string Fingerprint { get; }

    /// <summary>What lets a later corpus of the same text know its <see cref="Fingerprint"/> without reading it; null where there is nothing to remember.</summary>
    string? Memory => null;

    /// <summary>UTF-8 bytes of both splits together; for progress.</summary>
    long Bytes { get; }

    /// <summary>What whoever trains should know: files left out. A line each.</summary>
    IEnumerable<string> Notes => [];

    /// <exception cref="DataException">A file is not UTF-8 text or cannot be read; the message names the place.</exception>
    IEnumerable<TextDocument> Training();

    /// <exception cref="DataException">A file is not UTF-8 text or cannot be read; the message names the place.</exception>
    IEnumerable<TextDocument> Validation();
}
