using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>What one forward pass knows besides its tokens.</summary>
public sealed class ForwardContext
{
    /// <summary>Training applies dropout.</summary>
    public bool Training { get; init; }

    /// <summary>Keys and values of earlier tokens, in generation.</summary>
    public KvCache? Cache { get; init; }

    /// <summary>(B, S) int64, 1 = token, 0 = padding, over cached and new tokens; null: no padding.</summary>
    public Tensor? AttentionMask { get; init; }

    /// <summary>(B, T) int64; null: consecutive from the cache's length.</summary>
    public Tensor? Positions { get; init; }

    /// <summary>Position of the first new token.</summary>
    public long Past => Cache?.Length ?? 0;
}
