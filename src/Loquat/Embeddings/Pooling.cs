using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Embeddings;

/// <summary>How the states of a text become one vector; names are those of `pooling_mode_…` in sentence-transformers.</summary>
public enum PoolingMode
{
    /// <summary>`cls_token`: the state of the first token.</summary>
    Cls,

    /// <summary>`max_tokens`: the largest value of each element.</summary>
    Max,

    /// <summary>`mean_tokens`.</summary>
    Mean,

    /// <summary>`mean_sqrt_len_tokens`: the sum over the tokens, divided by the square root of their number.</summary>
    MeanSqrtLen,

    /// <summary>`weightedmean_tokens`: the mean with weights 1, 2, 3 …, so that later tokens count more (Muennighoff 2022).</summary>
    WeightedMean,

    /// <summary>`lasttoken`: the state of the last token.</summary>
    LastToken,
}

/// <summary>Pooling over the tokens of a text, padding left out. Several modes give their vectors one after the other.</summary>
public sealed record Pooling
{
    private static readonly (PoolingMode Mode, string Name)[] _names =
    [
        // The order in which several are joined.
        (PoolingMode.Cls, "cls_token"), (PoolingMode.Max, "max_tokens"), (PoolingMode.Mean, "mean_tokens"), (PoolingMode.MeanSqrtLen, "mean_sqrt_len_tokens"),
        (PoolingMode.WeightedMean, "weightedmean_tokens"), (PoolingMode.LastToken, "lasttoken"),
    ];

    // Names of a single mode in newer files.
    private static readonly (PoolingMode Mode, string Name)[] _single =
    [
        (PoolingMode.Cls, "cls"), (PoolingMode.Max, "max"), (PoolingMode.Mean, "mean"), (PoolingMode.MeanSqrtLen, "mean_sqrt_len_tokens"), (PoolingMode.WeightedMean, "weightedmean"), (PoolingMode.LastToken, "lasttoken"),
    ];

    /// <summary>Default: the mean.</summary>
    public IReadOnlyList<PoolingMode> Modes { get; init; } = [PoolingMode.Mean];

    /// <summary>Whether the tokens of a prompt count. Default: true.</summary>
    public bool IncludePrompt { get; init; } = true;

    /// <summary>Names for single modes, as a user writes them.</summary>
    public static IEnumerable<string> Names => _single.Select(pair => pair.Name);

    /// <exception cref="OptionsException">There is no mode of this name.</exception>
    public static PoolingMode Parse(string name) => _single.Where(pair => pair.Name == name).Select(pair => (PoolingMode?)pair.Mode).FirstOrDefault()
        ?? throw new OptionsException($"pooling is '{name}'; it must be one of {string.Join(", ", Names)}.");

    /// <summary>Reads the `config.json` of a pooling module.</summary>
    /// <param name="width">Of the states.</param>
    /// <exception cref="CheckpointException">Another width, no mode, or a setting that is not known.</exception>
    public static Pooling Read(string path, int width)
    {
        var fields = ConfigReader.Open(path);
        foreach (var key in (string[])["word_embedding_dimension", "embedding_dimension"])
            if (fields.OptionalInteger(key) is { } dimension && dimension != width) throw fields.Wrong(key, $"the width of the model ({width})");
        var modes = _names.Where(pair => fields.Flag($"pooling_mode_{pair.Name}", false)).Select(pair => pair.Mode).ToList();
        if (fields.Texts("pooling_mode") is { Count: > 0 } named)
        {
            modes = [.. _single.Where(pair => named.Contains(pair.Name)).Select(pair => pair.Mode)];
            if (modes.Count != named.Count) throw fields.Wrong("pooling_mode", $"one or more of {string.Join(", ", Names)}");
        }
        if (modes.Count == 0) throw fields.Fault("no pooling_mode is true; one or more must be.");
        var pooling = new Pooling { Modes = modes, IncludePrompt = fields.Flag("include_prompt", true) };
        fields.RefuseRest();
        return pooling;
    }

    /// <param name="hidden">(B, T, E).</param>
    /// <param name="mask">(B, T) int64: 1 = token that counts, in each row one or more.</param>
    /// <returns>(B, E · modes) float32.</returns>
    internal Tensor Apply(Tensor hidden, Tensor mask)
    {
        var states = hidden.to(ScalarType.Float32);
        return Modes.Count == 1 ? Apply(states, mask, Modes[0]) : cat([.. Modes.Select(mode => Apply(states, mask, mode))], 1);
    }

    private static Tensor Apply(Tensor states, Tensor mask, PoolingMode mode)
    {
        var counted = mask.to(ScalarType.Float32).unsqueeze(-1);                                // (B, T, 1)
        switch (mode)
        {
            case PoolingMode.Cls:
                return Gather(states, mask.argmax(1));
            case PoolingMode.Max:
                return states.masked_fill(mask.eq(0).unsqueeze(-1), -1e9).amax([1]);
            case PoolingMode.Mean:
                return (states * counted).sum(1) / counted.sum(1).clamp(min: 1e-9);
            case PoolingMode.MeanSqrtLen:
                return (states * counted).sum(1) / counted.sum(1).clamp(min: 1e-9).sqrt();
            case PoolingMode.WeightedMean:
                var weights = counted * arange(1, states.shape[1] + 1, dtype: ScalarType.Float32, device: states.device).view(1, -1, 1);
                return (states * weights).sum(1) / weights.sum(1).clamp(min: 1e-9);
            default:
                // Of the places where a token is, the last.
                return Gather(states, (mask * arange(1, mask.shape[1] + 1, dtype: ScalarType.Int64, device: mask.device)).argmax(1));
        }
    }

    /// <summary>One state of each row.</summary>
    /// <param name="at">(B).</param>
    private static Tensor Gather(Tensor states, Tensor at) => states.gather(1, at.view(-1, 1, 1).expand(-1, 1, states.shape[2])).squeeze(1);
}
