using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Llama;
using Loquat.Text.Tokenization;

namespace Loquat.Tests.Generation;

/// <summary>A small untrained model over bytes: it writes nonsense, the same each time.</summary>
internal static class TinyWriter
{
    public const int Context = 192;

    public static Tokenizer Tokenizer { get; } = TokenizerTraining.Train(TokenizerKind.Byte, [], 0);

    public static CausalModel Model() => new LlamaConfig
    {
        VocabSize = Tokenizer.VocabSize,
        HiddenSize = 32,
        NumHiddenLayers = 2,
        NumAttentionHeads = 2,
        IntermediateSize = 48,
        MaxPositionEmbeddings = Context,
        InitializerRange = 0.3,
    }.Build<CausalModel>(Placement.Cpu, 5);
}
