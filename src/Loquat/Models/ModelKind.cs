namespace Loquat.Models;

/// <summary>What a model reads and gives.</summary>
public enum ModelKind
{
    /// <summary>Predicts each token from those before it: <see cref="CausalModel"/>.</summary>
    Causal,

    /// <summary>Reads a text whole: <see cref="EncoderModel"/>.</summary>
    Encoder,

    /// <summary>Reads one text whole and writes another: <see cref="EncoderDecoderModel"/>.</summary>
    EncoderDecoder,
}
