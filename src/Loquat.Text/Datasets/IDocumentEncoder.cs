using Loquat.Text.Collection;
using Loquat.Text.Tokenization;

namespace Loquat.Text.Datasets;

/// <summary>Documents that become something else in a file of tokens than the tokens of their text: conversations, of which some tokens are to be learned and others are not. Thread-safe.</summary>
public interface IDocumentEncoder
{
    /// <summary>Changes with whatever would change what <see cref="Encode"/> gives.</summary>
    string Fingerprint { get; }

    /// <summary>The text of a document that a tokenizer is learned from.</summary>
    string TextOf(TextDocument document);

    /// <summary>The tokenizer with the tokens that the documents need.</summary>
    Tokenizer Complete(Tokenizer tokenizer);

    /// <summary>What the document becomes: rows of numbers below the size of the vocabulary, each a document of the file; none: it is left out, and told in <see cref="Notes"/>.</summary>
    /// <exception cref="DataException">It cannot be encoded.</exception>
    IReadOnlyList<List<int>> Encode(TextDocument document, Tokenizer tokenizer);

    /// <summary>What was found in the documents so far, a line each.</summary>
    IReadOnlyList<string> Notes { get; }

    /// <summary>Writes what belongs to the tokenizer beside it, as `tokenizer_config.json`.</summary>
    void WriteBeside(Tokenizer tokenizer, string folder);
}
