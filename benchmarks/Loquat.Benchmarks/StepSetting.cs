namespace Loquat.Benchmarks;

/// <summary>The size of a GPT-2: what the products of a step depend on.</summary>
/// <param name="Context">Rows of the position table.</param>
public sealed record GptShape(string Name, int Layers, int Heads, int Width, int Vocabulary, int Context)
{
    public static GptShape Gpt2Small { get; } = new("gpt2-124m", 12, 12, 768, 50257, 1024);

    public static GptShape SmallCharacters { get; } = new("small", 4, 4, 128, 65, 64);

    public static GptShape Named(string name) =>
        new[] { Gpt2Small, SmallCharacters }.FirstOrDefault(s => s.Name == name)
        ?? throw new OptionsException($"no shape '{name}'; there are {Gpt2Small.Name} and {SmallCharacters.Name}.");

    /// <summary>Parameters, the tied head counted once.</summary>
    public long Parameters =>
        ((long)Vocabulary + Context) * Width + Layers * (12L * Width * Width + 13L * Width) + 2L * Width;
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
