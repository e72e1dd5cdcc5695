using Loquat.Layers;
using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>A model that reads one text whole and writes another from it: T5, BART, Marian, and recurrent networks with attention.</summary>
public abstract class EncoderDecoderModel : Model
{
    /// <inheritdoc/>
    protected EncoderDecoderModel(ModelConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
    }

    /// <summary>The state of the encoder after its last layer.</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <returns>(B, T, E).</returns>
    /// <exception cref="OptionsException">A token or position lies outside the model's tables, or a tensor has another shape or type.</exception>
    public abstract Tensor Encode(Tensor ids, ForwardContext context);
}
