using System.Text.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>Places in the list of tokens that decoding knows.</summary>
[Flags]
internal enum TokenPlaces
{
    None = 0,
    First = 1,
    Last = 2,
}

/// <summary>Turns tokens back into text. Immutable and thread-safe.</summary>
public abstract class Decoder
{
    /// <summary>Changes the list of tokens; what is left at the end of the chain is joined.</summary>
    public abstract List<string> Decode(List<string> tokens);

    /// <summary>
    /// For a decoder that changes tokens one by one: whether being the first or the last makes a difference. Null: what a token becomes depends on others.
    /// </summary>
    internal virtual TokenPlaces? DependsOn => null;

    /// <summary>Writes the fields of the object that `tokenizer.json` has for it.</summary>
    internal abstract void Write(Utf8JsonWriter json);
}
