using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>What attention may have beyond its plain form.</summary>
public sealed record AttentionSettings
{
    /// <summary>Probability of dropping an attention weight in training, 0 to 1.</summary>
    public double Dropout { get; init; }

    /// <summary>Factor of the scores; null: 1 / √D.</summary>
    public double? Scale { get; init; }

    /// <summary>Where there is no bias: whether a token sees those before it only.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Scores s become cap · tanh(s / cap), before the mask (Gemma 2); null: they do not.</summary>
    public double? SoftCap { get; init; }

    /// <summary>A token sees so many before it, itself included, as the bias was made for; null: all. Reading one token after others, it limits what is read.</summary>
    public long? Window { get; init; }

    /// <summary>(H): a logit of each head that joins the softmax and is then left out, so that weights sum to less than one (gpt-oss); null: none.</summary>
    public Tensor? Sinks { get; init; }
}
