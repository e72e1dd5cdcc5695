namespace Loquat.Layers;

/// <summary>How rotary frequencies are changed so that a model reads further than it was first trained; names are those of `rope_type`.</summary>
public enum RopeType
{
    /// <summary>As they are: base^(-2i / D) (Su et al. 2021).</summary>
    Default,

    /// <summary>All divided by the factor (Chen et al. 2023, position interpolation).</summary>
    Linear,

    /// <summary>The base grows with the sequence, once it is longer than the model's positions (dynamic NTK).</summary>
    Dynamic,

    /// <summary>Low frequencies divided by the factor, high ones kept, those between mixed, with the temperature of attention (Peng et al. 2023).</summary>
    Yarn,

    /// <summary>Low frequencies divided by the factor, high ones kept, smooth between (Llama 3.1).</summary>
    Llama3,

    /// <summary>Each frequency with a factor of its own, one list for short and one for long sequences (Ding et al. 2024).</summary>
    Longrope,
}

/// <summary>`rope_parameters` of a `config.json`: the rotary frequencies of a model.</summary>
public sealed record RopeParameters
{
    public RopeType RopeType { get; init; } = RopeType.Default;

    /// <summary>Base of the wavelengths. Above 0. Default: 10,000.</summary>
    public double RopeTheta { get; init; } = 10000;

    /// <summary>The base with which a model reads so many times as far without more training, for any length: base · factor^(D / (D - 2)) (fixed NTK); give it as <see cref="RopeTheta"/>.</summary>
    /// <param name="headSize">D.</param>
    public static double FixedNtk(double theta, double factor, int headSize) => theta * Math.Pow(factor, headSize / (headSize - 2.0));

    /// <summary>Share of a head's elements that turn; the others, the last ones, stay as they are (GPT-NeoX). Above 0, up to 1. Default: 1.</summary>
    public double PartialRotaryFactor { get; init; } = 1;

    /// <summary>How many times as far the model reads. 1 or more. Not used by <see cref="RopeType.Default"/>.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Positions of the model's first training. Default: `max_position_embeddings`.</summary>
    public int? OriginalMaxPositionEmbeddings { get; init; }

    /// <summary>Factor of cosines and sines (YaRN, LongRoPE); null: as the papers have it.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>YaRN: from so many rotations within the first training's positions on, a frequency is kept. Default: 32.</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>YaRN: up to so many rotations a frequency is divided. Default: 1.</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>YaRN: whether the ends of the range between are whole dimensions. Default: true.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>YaRN (DeepSeek): numerator and denominator of the attention factor.</summary>
    public double? Mscale { get; init; }

    public double? MscaleAllDim { get; init; }

    /// <summary>Llama 3: wavelengths above positions / this are divided.</summary>
    public double LowFreqFactor { get; init; } = 1;

    /// <summary>Llama 3: wavelengths below positions / this are kept.</summary>
    public double HighFreqFactor { get; init; } = 4;

    /// <summary>LongRoPE: D / 2 divisors for sequences within the first training's positions.</summary>
    public IReadOnlyList<double> ShortFactor { get; init; } = [];

    /// <summary>LongRoPE: D / 2 divisors for longer sequences.</summary>
    public IReadOnlyList<double> LongFactor { get; init; } = [];

    /// <summary>What is impossible for heads of a size, a sentence each.</summary>
    internal IEnumerable<string> Faults(int headSize)
    {
        if (!(PartialRotaryFactor is > 0 and <= 1)) yield return $"partial_rotary_factor is {PartialRotaryFactor}; allowed: above 0, up to 1.";
        else if (PartialRotaryFactor < 1 && (Rotated(headSize) < 2 || Rotated(headSize) % 2 != 0))
            yield return $"partial_rotary_factor {PartialRotaryFactor} of a head of {headSize} elements turns {Rotated(headSize)}; rotary positions need an even number, 2 or more.";
        headSize = Rotated(headSize);
        if (RopeType == RopeType.Longrope && (ShortFactor.Count != headSize / 2 || LongFactor.Count != headSize / 2))
            yield return $"short_factor and long_factor of longrope have {ShortFactor.Count} and {LongFactor.Count} numbers; a head of {headSize} elements needs {headSize / 2} in each.";
        if (RopeType == RopeType.Dynamic && headSize < 4) yield return $"a head has {headSize} elements; dynamic rotary positions need 4 or more.";
    }

    /// <summary>Elements of a head that turn.</summary>
    internal int Rotated(int headSize) => (int)(headSize * PartialRotaryFactor);

    /// <summary>Sequences for which this is the same share their frequencies; cached keys hold only as long as it stays.</summary>
    /// <param name="length">Tokens of the sequence.</param>
    /// <param name="maxPositions">`max_position_embeddings`.</param>
    public long Regime(long length, int maxPositions) => RopeType switch
    {
        RopeType.Dynamic => Math.Max(length, maxPositions),
        RopeType.Longrope => length > Original(maxPositions) ? 1 : 0,
        _ => 0,
    };

    /// <summary>Radians that each pair of dimensions turns from one position to the next.</summary>
    /// <param name="headSize">D, even.</param>
    /// <param name="maxPositions">`max_position_embeddings`.</param>
    /// <param name="length">Tokens of the sequence.</param>
    /// <returns>(D / 2), of those elements that turn.</returns>
    public float[] Frequencies(int headSize, int maxPositions, long length)
    {
        headSize = Rotated(headSize);
        // The reference computes in float32; so do we, to agree with it at long range.
        var theta = (float)RopeTheta;
        if (RopeType == RopeType.Dynamic)
            theta = (float)(RopeTheta * Math.Pow(Factor * Math.Max(length, maxPositions) / maxPositions - (Factor - 1), headSize / (headSize - 2.0)));
        var plain = new float[headSize / 2];
        for (var i = 0; i < plain.Length; i++) plain[i] = 1f / MathF.Pow(theta, 2f * i / headSize);
        return RopeType switch
        {
            RopeType.Linear => Array.ConvertAll(plain, frequency => frequency / (float)Factor),
            RopeType.Yarn => Yarn(plain, headSize, maxPositions),
            RopeType.Llama3 => Array.ConvertAll(plain, frequency => Llama3(frequency, Original(maxPositions))),
            RopeType.Longrope => [.. plain.Zip(length > Original(maxPositions) ? LongFactor : ShortFactor, (frequency, divisor) => frequency / (float)divisor)],
            _ => plain,
        };
    }

    /// <summary>What cosines and sines are multiplied by.</summary>
    /// <param name="maxPositions">`max_position_embeddings`.</param>
    public double AttentionScale(int maxPositions)
    {
        if (AttentionFactor is { } given) return given;
        switch (RopeType)
        {
            case RopeType.Yarn:
                return Mscale is { } m && MscaleAllDim is { } all && m != 0 && all != 0 ? Temperature(Factor, m) / Temperature(Factor, all) : Temperature(Factor, 1);
            case RopeType.Longrope:
                return Factor <= 1 ? 1 : Math.Sqrt(1 + Math.Log(Factor) / Math.Log(Original(maxPositions)));
            default:
                return 1;
        }

        static double Temperature(double scale, double m) => scale <= 1 ? 1 : 0.1 * m * Math.Log(scale) + 1;
    }

    private int Original(int maxPositions) => OriginalMaxPositionEmbeddings ?? maxPositions;

    private float[] Yarn(float[] plain, int headSize, int maxPositions)
    {
        double Dimension(double rotations) => headSize * Math.Log(Original(maxPositions) / (rotations * 2 * Math.PI)) / (2 * Math.Log(RopeTheta));
        var (low, high) = (Dimension(BetaFast), Dimension(BetaSlow));
        if (Truncate) (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, headSize - 1));
        if (low == high) high += 0.001;
        return [.. plain.Select((frequency, i) =>
        {
            var divided = (float)Math.Clamp((i - low) / (high - low), 0, 1);
            return frequency / (float)Factor * divided + frequency * (1 - divided);
        })];
    }

    private float Llama3(float frequency, int original)
    {
        var wavelength = 2 * Math.PI / frequency;
        if (wavelength > original / LowFreqFactor) return (float)(frequency / Factor);
        if (wavelength < original / HighFreqFactor) return frequency;
        var smooth = (original / wavelength - LowFreqFactor) / (HighFreqFactor - LowFreqFactor);
        return (float)((1 - smooth) * frequency / Factor + smooth * frequency);
    }
}
