namespace Loquat.Models.Gpt2;

/// <summary>The published sizes (Radford et al. 2019, table 2), with context 1,024 and no dropout.</summary>
public static class Gpt2Presets
{
    /// <summary>124 M parameters.</summary>
    public static Gpt2Config Small { get; } = Of(768, 12, 12);

    /// <summary>355 M parameters.</summary>
    public static Gpt2Config Medium { get; } = Of(1024, 24, 16);

    /// <summary>774 M parameters.</summary>
    public static Gpt2Config Large { get; } = Of(1280, 36, 20);

    /// <summary>1,558 M parameters.</summary>
    public static Gpt2Config ExtraLarge { get; } = Of(1600, 48, 25);

    private static Gpt2Config Of(int width, int layers, int heads) =>
        new() { VocabSize = 50257, NEmbd = width, NLayer = layers, NHead = heads, NPositions = 1024 };
}
