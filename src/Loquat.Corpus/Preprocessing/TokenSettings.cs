using System.Globalization;
using System.Text.Json;
using YamlDotNet.RepresentationModel;
using Loquat.Text.Tokenization;

namespace Loquat.Corpus.Preprocessing;

/// <summary>The tokens that a recipe of preprocessing ends with: `train.tokens`, `validation.tokens` and their tokenizer.</summary>
public sealed record TokenSettings
{
    /// <summary>Default: byte-level BPE.</summary>
    public TokenizerKind Type { get; init; } = TokenizerKind.Bpe;

    /// <summary>Tokens to learn. Default: 8,192.</summary>
    public int VocabSize { get; init; } = 8192;

    /// <summary>A tokenizer.json to use instead of learning one.</summary>
    public string? Path { get; init; }

    /// <summary>Share of the text that validates: whole documents, by a hash. Above 0, at most 0.5. Default: 0.05.</summary>
    public double ValidationFraction { get; init; } = 0.05;

    internal static TokenSettings Read(string recipe, YamlMappingNode node)
    {
        var settings = new TokenSettings();
        foreach (var (key, value) in node.Children)
        {
            var (name, text) = (((YamlScalarNode)key).Value, (value as YamlScalarNode)?.Value ?? "");
            OptionsException Wrong(string allowed) => new($"{recipe}:{key.Start.Line}: tokens.{name} is '{text}'; it must be {allowed}.");
            settings = name switch
            {
                "type" => settings with
                {
                    Type = Enum.GetValues<TokenizerKind>().Select(k => ((TokenizerKind, string)?)(k, JsonNamingPolicy.SnakeCaseLower.ConvertName(k.ToString()))).FirstOrDefault(k => k!.Value.Item2 == text)?.Item1
                    ?? throw Wrong(string.Join(", ", Enum.GetValues<TokenizerKind>().Select(k => JsonNamingPolicy.SnakeCaseLower.ConvertName(k.ToString()))))
                },
                "vocab_size" => settings with { VocabSize = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 1 and <= 1_000_000 ? size : throw Wrong("a whole number from 1 to 1000000") },
                "path" => settings with { Path = text.Length > 0 ? text : throw Wrong("a tokenizer.json") },
                "validation_fraction" => settings with { ValidationFraction = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is >= 0.0001 and <= 0.5 ? share : throw Wrong("a number from 0.0001 to 0.5") },
                _ => throw new OptionsException($"{recipe}:{key.Start.Line}: 'tokens.{name}' is not known; tokens has type, vocab_size, path and validation_fraction."),
            };
        }
        if (settings.Path is not null && node.Children.Keys.Any(k => ((YamlScalarNode)k).Value is "type" or "vocab_size")) throw new OptionsException($"{recipe}: tokens.path names a tokenizer, which has its own type and size; leave tokens.type and tokens.vocab_size out.");
        return settings;
    }
}
