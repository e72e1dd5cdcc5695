using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;

namespace Loquat.Recipes;

/// <summary>The model that a recipe names, once the tokenizer is known.</summary>
public static class RecipeModel
{
    /// <param name="vocabulary">Tokens of the tokenizer.</param>
    /// <param name="endOfText">The token that ends documents, if there is one: it starts texts too.</param>
    public static ModelConfig ToConfig(this ModelRecipe model, int vocabulary, int? endOfText) => model.Architecture == ArchitectureKind.Gpt2
        ? new Gpt2Config
        {
            VocabSize = vocabulary,
            NEmbd = model.HiddenSize,
            NLayer = model.NumHiddenLayers,
            NHead = model.NumAttentionHeads,
            NPositions = model.MaxPositionEmbeddings,
            NInner = model.IntermediateSize,
            InitializerRange = model.InitializerRange,
            EmbdPdrop = model.Dropout,
            AttnPdrop = model.Dropout,
            ResidPdrop = model.Dropout,
            BosTokenId = endOfText,
            EosTokenIds = Ends(endOfText),
        }
        : new LlamaConfig
        {
            VocabSize = vocabulary,
            HiddenSize = model.HiddenSize,
            NumHiddenLayers = model.NumHiddenLayers,
            NumAttentionHeads = model.NumAttentionHeads,
            NumKeyValueHeads = model.NumKeyValueHeads,
            IntermediateSize = model.FeedForward,
            HiddenAct = model.HiddenAct switch
            {
                HiddenActivation.Silu => ActivationKind.Silu,
                HiddenActivation.Relu2 => ActivationKind.Relu2,
                _ => ActivationKind.GeluNew,
            },
            MaxPositionEmbeddings = model.MaxPositionEmbeddings,
            RopeParameters = new RopeParameters { RopeTheta = model.RopeTheta },
            QkNorm = model.Architecture == ArchitectureKind.Qwen3,
            TieWordEmbeddings = model.TieWordEmbeddings,
            InitializerRange = model.InitializerRange,
            BosTokenId = endOfText,
            EosTokenIds = Ends(endOfText),
        };

    private static IReadOnlyList<int> Ends(int? endOfText) => endOfText is { } id ? [id] : [];
}
