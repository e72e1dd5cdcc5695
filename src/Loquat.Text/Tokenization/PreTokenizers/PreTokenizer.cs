using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts text into the pieces that a model's tokens may not cross. Immutable and thread-safe.</summary>
public abstract class PreTokenizer
{
    /// <summary>Cuts every piece further.</summary>
    public abstract void PreTokenize(PreTokenizedText text);

    /// <summary>The pieces of a text, as the model sees them.</summary>
    public IReadOnlyList<string> Split(string text)
    {
        var pieces = new PreTokenizedText(new AlignedText(text, aligned: false));
        PreTokenize(pieces);
        return [.. pieces.Pieces.Select(p => p.Text.Text).Where(p => p.Length > 0)];
    }

    /// <summary>Writes the fields of the object that `tokenizer.json` has for it.</summary>
    internal abstract void Write(Utf8JsonWriter json);
}
