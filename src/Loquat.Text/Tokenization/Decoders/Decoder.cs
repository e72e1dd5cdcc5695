using System.Text.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>Turns tokens back into text. Immutable and thread-safe.</summary>
public abstract class Decoder
{
    /// <summary>Changes the list of tokens; what is left at the end of the chain is joined.</summary>
    public abstract List<string> Decode(List<string> tokens);

    /// <summary>Writes the fields of the object that `tokenizer.json` has for it.</summary>
    internal abstract void Write(Utf8JsonWriter json);
}
