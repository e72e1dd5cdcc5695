namespace Loquat.Benchmarks;

/// <summary>The size of a model: what the products of a step depend on.</summary>
/// <param name="Context">Rows of the position table.</param>
/// <param name="Gated">
/// Width of a gated feed-forward layer: the shape is then Loquat's default decoder, a Qwen3 with squared ReLU and a head of its own. Null: GPT-2.
/// </param>
public sealed record GptShape(string Name, int Layers, int Heads, int Width, int Vocabulary, int Context, int? Gated = null)
{
    public static GptShape Gpt2Small { get; } = new("gpt2-124m", 12, 12, 768, 50257, 1024);

    public static GptShape SmallCharacters { get; } = new("small", 4, 4, 128, 65, 64);

    public static GptShape DecoderCharacters { get; } = new("decoder", 6, 6, 192, 65, 256, Gated: 512);

    public static GptShape DecoderWords { get; } = DecoderCharacters with { Name = "decoder-4096", Vocabulary = 4096 };

    private static readonly GptShape[] All = [Gpt2Small, SmallCharacters, DecoderCharacters, DecoderWords];

    public static GptShape Named(string name) =>
        All.FirstOrDefault(s => s.Name == name)
        ?? throw new OptionsException($"no shape '{name}'; there are {string.Join(", ", All.Select(s => s.Name))}.");

    /// <summary>Parameters; GPT-2's tied head counted once.</summary>
    public long Parameters => Gated is { } inner
        ? 2L * Vocabulary * Width + Layers * (4L * Width * Width + 3L * inner * Width + 2L * Width + 2L * Width / Heads) + Width
        : ((long)Vocabulary + Context) * Width + Layers * (12L * Width * Width + 13L * Width) + 2L * Width;
}

public enum Precision
{
    Fp32,
    Bf16,
}

/// <summary>One line of the table: a training step of one shape on one batch.</summary>
public sealed record StepSetting(GptShape Shape, int Batch, int Tokens, Precision Precision)
{
    public string[] ToArguments() => [Shape.Name, $"{Batch}", $"{Tokens}", Precision.ToString().ToLowerInvariant()];

    public static StepSetting Parse(ReadOnlySpan<string> arguments) =>
        arguments.Length == 4 && int.TryParse(arguments[1], out var batch) && int.TryParse(arguments[2], out var tokens)
            && Enum.TryParse<Precision>(arguments[3], ignoreCase: true, out var precision)
            ? new(GptShape.Named(arguments[0]), batch, tokens, precision)
            : throw new OptionsException($"expected SHAPE BATCH TOKENS fp32|bf16, got '{string.Join(' ', arguments.ToArray())}'.");

    public override string ToString() => $"{Shape.Name}, {Precision.ToString().ToLowerInvariant()}, {Batch} × {Tokens}";
}
