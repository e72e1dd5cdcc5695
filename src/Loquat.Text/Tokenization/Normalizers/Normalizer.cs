using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>Changes text before it is cut. Immutable and thread-safe.</summary>
public abstract class Normalizer
{
    /// <summary>Changes the text in place, keeping its alignment to the original.</summary>
    public abstract void Normalize(AlignedText text);

    /// <summary>The changed text.</summary>
    public string Normalize(string text)
    {
        var aligned = new AlignedText(text, aligned: false);
        Normalize(aligned);
        return aligned.Text;
    }

    /// <summary>Writes the object that `tokenizer.json` has for it.</summary>
    internal abstract void Write(Utf8JsonWriter json);
}
