using CsCheck;
using Loquat.Text.Tests.Reference;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.Counting;
using Loquat.Text.Tokenization.Models.Bpe;

namespace Loquat.Text.Tests.Tokenization.Models.Bpe;

public sealed class BpeTrainerTests
{
    private static readonly Gen<Dictionary<string, long>> _words = Gen.Dictionary(Gen.String[Gen.Char['a', 'd'], 1, 9], Gen.Long[1, 6])[1, 14];

    private static readonly Gen<BpeTrainerOptions> _options = Gen.Select(Gen.Int[6, 60], Gen.Long[0, 3], Gen.Int[2, 12], Gen.Int[0, 3], (size, least, longest, kind) => new BpeTrainerOptions
    {
        VocabSize = size + 12,
        MinFrequency = least,
        ByteLevel = false,
        AllowFewerTokens = true,
        SpecialTokens = ["<unk>"],
        MaxTokenLength = longest > 9 ? null : longest,
        ContinuingSubwordPrefix = kind == 1 ? "##" : "",
        EndOfWordSuffix = kind == 2 ? "</w>" : "",
    });

    [Fact]
    public void Learns_what_the_slow_trainer_learns()
    {
        Gen.Select(_words, _options).Sample((words, options) =>
        {
            var expected = SlowBpeTrainer.Learn(words, options);
            if (expected.Tokens.Count > options.VocabSize) return;
            var learned = BpeTrainer.Learn(WordCounts.From(words), options);
            learned.Tokens.Should().Equal(expected.Tokens);
            learned.Merges.Select(m => (learned.Tokens[m.Left], learned.Tokens[m.Right])).Should().Equal(expected.Merges);
        }, iter: 4000);
    }

    [Fact]
    public void Counts_above_32_bits_add_up()
    {
        var words = WordCounts.From(new Dictionary<string, long> { ["ab"] = 5_000_000_000, ["abc"] = 3_000_000_000, ["cd"] = 7_999_999_999, ["xy"] = 4_294_967_297 });
        var learned = BpeTrainer.Learn(words, new BpeTrainerOptions { VocabSize = 9, ByteLevel = false, SpecialTokens = [] });
        learned.Tokens.Skip(6).Should().Equal("ab", "cd", "xy");
    }

    [Fact]
    public void The_alphabet_is_limited_to_the_most_frequent_characters_and_the_initial_ones()
    {
        var words = WordCounts.From(new Dictionary<string, long> { ["aab"] = 5, ["ca"] = 2, ["d"] = 1 });
        var learned = BpeTrainer.Learn(words, new BpeTrainerOptions
        {
            VocabSize = 3 + 1,
            ByteLevel = false,
            SpecialTokens = [],
            LimitAlphabet = 3,
            InitialAlphabet = ["zebra"],
        });
        learned.Tokens.Should().Equal("a", "b", "z", "aa");
    }

    [Fact]
    public void A_merge_whose_text_spells_a_marked_character_stays_apart()
    {
        // "#", "#" and "a" would spell "##a", the marked form of "a".
        var words = WordCounts.From(new Dictionary<string, long> { ["##a"] = 9, ["ba"] = 1 });
        var learned = BpeTrainer.Learn(words, new BpeTrainerOptions { VocabSize = 40, ByteLevel = false, SpecialTokens = [], ContinuingSubwordPrefix = "##", AllowFewerTokens = true });
        learned.Tokens.Should().OnlyHaveUniqueItems();
        learned.Tokens.Should().Contain("ba");
    }

    [Theory]
    [InlineData(300, "*vocab_size is 300*allows only*")]
    [InlineData(256, "*vocab_size is 256*need 257*")]
    public void An_impossible_vocabulary_is_refused(int size, string message)
    {
        var train = () => TokenizerTraining.ByteLevelBpe(["abab"], new BpeTrainerOptions { VocabSize = size });
        train.Should().Throw<OptionsException>().WithMessage(message);
    }

    [Fact]
    public void An_empty_corpus_gives_the_bytes_or_an_error()
    {
        TokenizerTraining.ByteLevelBpe([], new BpeTrainerOptions { VocabSize = 257 }).VocabSize.Should().Be(257);
        var train = () => TokenizerTraining.ByteLevelBpe([""], new BpeTrainerOptions { VocabSize = 258 });
        train.Should().Throw<OptionsException>().WithMessage("*allows only 257*");
    }

    [Fact]
    public void A_special_token_given_twice_is_refused()
    {
        var train = () => TokenizerTraining.ByteLevelBpe(["abab"], new BpeTrainerOptions { VocabSize = 300, SpecialTokens = ["<s>", "<s>"] });
        train.Should().Throw<OptionsException>().WithMessage("*'<s>' is given 2 times*");
    }
}
