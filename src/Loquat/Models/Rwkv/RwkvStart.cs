using Loquat.Layers;

namespace Loquat.Models.Rwkv;

/// <summary>How the vectors of a layer start: spread over the channels, and otherwise in each layer.</summary>
internal sealed record RwkvStart(Initializer Decay, Initializer First, Initializer MixKey, Initializer MixValue, Initializer MixReceptance)
{
    public static RwkvStart Of(RwkvConfig config, int layer)
    {
        var depth = config.NumHiddenLayers > 1 ? (double)layer / (config.NumHiddenLayers - 1) : 0;      // 0 to 1
        var height = 1 - (double)layer / config.NumHiddenLayers;                                        // 1 to almost 0
        var (channels, width) = (config.Channels, config.HiddenSize);
        double Place(long i, double power) => Math.Pow((double)i / width, power);
        return new(
            Initializer.ByPlace(i => -5 + 8 * Math.Pow(i / Math.Max(1.0, channels - 1), 0.7 + 1.3 * depth)),
            Initializer.ByPlace(i => Math.Log(0.3) + 0.5 * ((i + 1) % 3 - 1)),
            Initializer.ByPlace(i => Place(i, height)),
            Initializer.ByPlace(i => Place(i, height) + 0.3 * depth),
            Initializer.ByPlace(i => Place(i, 0.5 * height)));
    }

    /// <summary>Orthogonal, and larger where there are more rows than columns, so that outputs are as large as inputs.</summary>
    public static Initializer Orthogonal(long rows, long columns, double scale = 1) =>
        Initializer.Orthogonal(rows, columns, scale * Math.Sqrt(Math.Max(1, (double)rows / columns)));
}
