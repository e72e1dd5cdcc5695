using Loquat.Layers;
using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>A model that reads a text whole, each token seeing all others: BERT and its descendants.</summary>
public abstract class EncoderModel : Model
{
    /// <inheritdoc/>
    protected EncoderModel(ModelConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
    }

    /// <summary>The state after the last layer.</summary>
    /// <param name="ids">(B, T) int64.</param>
    /// <returns>(B, T, E).</returns>
    /// <exception cref="OptionsException">A token or position lies outside the model's tables, or a tensor has another shape or type.</exception>
    public abstract Tensor Hidden(Tensor ids, ForwardContext context);
}
