using System.Text.RegularExpressions;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Tests.Tokenization;

/// <summary>Every kind of tokenizer takes the options that it has and refuses the others by name.</summary>
public sealed partial class TokenizerTrainingOptionsTests
{
    private static readonly string[] _texts = [string.Concat(Enumerable.Range(0, 400).Select(i => $"The {i % 7} brown foxes jump over {i} lazy dogs, éàü 漢字 {(char)(0x4E00 + i)}.\n"))];

    private static readonly (string Name, Func<TokenizerTrainingOptions, TokenizerTrainingOptions> Set)[] _options =
    [
        ("special_tokens", o => o with { SpecialTokens = ["<|user|>", "<|assistant|>"] }),
        ("pattern", o => o with { Pattern = SplitPattern.Llama3 }),
        ("min_frequency", o => o with { MinFrequency = 3 }),
        ("limit_alphabet", o => o with { LimitAlphabet = 30 }),
        ("initial_alphabet", o => o with { InitialAlphabet = "ẞ" }),
        ("max_token_length", o => o with { MaxTokenLength = 4 }),
        ("shrinking_factor", o => o with { ShrinkingFactor = 0.5 }),
        ("seed_size", o => o with { SeedSize = 5000 }),
        ("allow_fewer_tokens", o => o with { AllowFewerTokens = true }),
    ];

    public static TheoryData<TokenizerKind> Kinds => [.. Enum.GetValues<TokenizerKind>()];

    [Theory, MemberData(nameof(Kinds))]
    public void It_takes_what_it_has_and_refuses_the_rest(TokenizerKind kind)
    {
        foreach (var (name, set) in _options)
        {
            var options = set(new TokenizerTrainingOptions { VocabSize = 900, AllowFewerTokens = TokenizerTraining.HasSize(kind) && kind != TokenizerKind.Wordlevel });
            Tokenizer tokenizer;
            try
            {
                tokenizer = TokenizerTraining.Train(kind, _texts, options);
            }
            catch (OptionsException error) when (error.Message.Contains("is learned without", StringComparison.Ordinal))
            {
                error.Message.Should().Contain($"without {name}");
                continue;
            }
            if (options.SpecialTokens.Count > 0) tokenizer.SpecialTokens.Should().Contain(options.SpecialTokens);
            foreach (var special in options.SpecialTokens) tokenizer.EncodeIds($"a{special}b").Should().Contain(tokenizer.TokenToId(special)!.Value);
        }
    }

    /// <summary>The number that the error names works.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void A_vocabulary_too_large_names_the_largest(TokenizerKind kind)
    {
        var train = (int size) => TokenizerTraining.Train(kind, _texts, size);
        try
        {
            train(30_000);
        }
        catch (OptionsException error)
        {
            var largest = int.Parse(AtMost().Match(error.Message).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
            train(largest).VocabSize.Should().Be(largest);
            TokenizerTraining.Train(kind, _texts, new TokenizerTrainingOptions { VocabSize = 30_000, AllowFewerTokens = true }).VocabSize.Should().BeLessThan(30_000);
        }
    }

    [GeneratedRegex(@"at most (\d+)")]
    private static partial Regex AtMost();
}
