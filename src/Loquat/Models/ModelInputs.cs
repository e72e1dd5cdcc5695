using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>
/// Holds what a model is given to what it has: kernels read tables by address, so that a token or position outside them would read memory of others.
/// A pass over the ids costs nothing beside a layer.
/// </summary>
internal static class ModelInputs
{
    public static void Check(Model model, Tensor ids, ForwardContext context) => Check(model, ids, context, model.Config.VocabSize, model.Config.Layers);

    /// <summary>Of what a decoder writes: its vocabulary and the layers of its cache may be others.</summary>
    public static void CheckDecoder(EncoderDecoderModel model, Tensor ids, ForwardContext context, int vocabulary, int layers) => Check(model, ids, context, vocabulary, layers);

    private static void Check(Model model, Tensor ids, ForwardContext context, int vocabulary, int layers)
    {
        var config = model.Config;
        if (ids.dtype != ScalarType.Int64 || ids.dim() != 2) throw new OptionsException($"the ids of tokens are {TensorRange.Describe(ids)}; expected (batch, tokens) of Int64.");
        var (batch, tokens) = (ids.shape[0], ids.shape[1]);
        if (batch == 0 || tokens == 0) throw new OptionsException($"the ids of tokens are {TensorRange.Describe(ids)}: there is nothing to read.");
        TensorRange.Check(ids, 0, vocabulary, "token", $"the vocabulary of this model is 0 to {vocabulary - 1}. The tokenizer is another model's.");
        var last = (context.Cache?.Length ?? 0) + tokens;
        var room = model.Positions;
        if (context.Positions is { } positions)
        {
            if (positions.dtype != ScalarType.Int64 || !positions.shape.SequenceEqual(ids.shape) || !positions.is_contiguous())
                throw new OptionsException($"the positions are {TensorRange.Describe(positions)}; expected ({batch}, {tokens}) of Int64, contiguous.");
            TensorRange.Check(positions, 0, room, "position", $"this model has positions 0 to {room - 1}.");
        }
        else if (last > room)
        {
            throw new OptionsException($"a sequence of {last} tokens is longer than the {room} positions of this model{(room < config.ContextLength ? ", which its adapter leaves" : "")}. " +
                $"Give shorter sequences (context_length), or build a model with more ({(config.ModelType == "gpt2" ? "n_positions" : "max_position_embeddings")}).");
        }
        if (context.Cache is not { } cache) return;
        if (cache.Layers != layers || cache.Batch != batch)
            throw new OptionsException($"the cache is of {cache.Layers} layers and {cache.Batch} sequences; the model has {layers} layers and {batch} sequences are given.");
        if (last > cache.Capacity) throw new OptionsException($"a sequence of {last} tokens does not fit into a cache of {cache.Capacity}.");
    }

    /// <summary>A label is a token, or negative where it does not count.</summary>
    public static void CheckLabels(Model model, Tensor ids, Tensor labels) => CheckLabels(ids, labels, model.Config.VocabSize);

    public static void CheckLabels(Tensor ids, Tensor labels, int vocabulary)
    {
        if (labels.dtype != ScalarType.Int64 || !labels.shape.SequenceEqual(ids.shape))
            throw new OptionsException($"the labels are {TensorRange.Describe(labels)}; expected those of the ids, {TensorRange.Describe(ids)}, as Int64.");
        TensorRange.Check(labels, long.MinValue, vocabulary, "label", $"the vocabulary of this model is 0 to {vocabulary - 1}.");
    }
}
