using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Loquat.Tests;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>The tokenizers whose kind Loquat trains: byte-level BPE and characters, against the reference.</summary>
public sealed class TokenizerFixtureTests
{
    public static TheoryData<string?> Fixtures => [.. SharedFolder.FoldersWith("tokenizer.json", "fixtures", "tokenizers").Where(f => f is null || Readable(f)).DefaultIfEmpty(null)];

    private static bool Readable(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(SharedFolder.Root!, "fixtures", "tokenizers", folder, "tokenizer.json")));
        var root = json.RootElement;
        var pre = root.GetProperty("pre_tokenizer");
        if (pre.ValueKind == JsonValueKind.Null) return false;
        var text = pre.GetRawText().Replace(" ", "", StringComparison.Ordinal);
        var byteLevel = text.Contains("\"ByteLevel\"", StringComparison.Ordinal) && !text.Contains("\"add_prefix_space\":true", StringComparison.Ordinal);
        return byteLevel || text.Contains("[\\\\s\\\\S]", StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Ids_and_texts_are_those_of_the_reference(string? name)
    {
        var folder = SharedFolder.Require("fixtures", "tokenizers", name ?? "a byte-level or character tokenizer");
        var tokenizer = Tokenizer.Load(folder);
        using var saved = new TemporaryFolder();
        tokenizer.Save(saved.File("tokenizer.json"));
        var again = Tokenizer.Load(saved.Path);
        foreach (var line in File.ReadLines(Path.Combine(folder, "cases.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.TryGetProperty("pair", out _)) continue;
            var text = root.GetProperty("text").GetString()!;
            var ids = root.GetProperty("ids").EnumerateArray().Select(e => e.GetInt32()).ToList();
            // A template puts a special token first; what the text itself gives follows.
            if (root.TryGetProperty("special_mask", out var mask) && mask[0].GetInt32() == 1) ids.RemoveAt(0);
            tokenizer.EncodeIds(text).Should().Equal(ids, text);
            again.EncodeIds(text).Should().Equal(ids, text);
            tokenizer.Decode(ids).Should().Be(root.GetProperty("decoded").GetString());
        }
    }

    [Theory, MemberData(nameof(Fixtures))]
    public void Training_learns_what_the_reference_learned(string? name)
    {
        var folder = SharedFolder.Require("fixtures", "tokenizers", name ?? "a byte-level or character tokenizer");
        var reference = Tokenizer.Load(folder);
        using var settings = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "training.json")));
        var corpus = File.ReadAllText(SharedFolder.Require("fixtures", "tokenizers", "corpus.txt"));
        if (reference.Model is not ByteLevelBpeModel model)
        {
            var characters = CharacterTokenizer.Train([corpus]);
            characters.Tokens.Where(t => t.Length <= 2).Should().BeEquivalentTo(reference.Tokens.Where(t => t.Length <= 2));
            return;
        }
        // The reference reads files line by line, line ends included.
        var lines = corpus.Split('\n').Select((line, i) => line + "\n").ToArray();
        if (corpus.EndsWith('\n')) lines = lines[..^1];
        var trained = BpeTrainer.Train(lines, new BpeTrainerOptions
        {
            VocabSize = settings.RootElement.GetProperty("vocab_size").GetInt32(),
            MinFrequency = settings.RootElement.TryGetProperty("min_frequency", out var frequency) ? frequency.GetInt64() : 0,
            SpecialTokens = reference.SpecialTokens,
            Pattern = model.Pattern,
        });
        trained.Tokens.Should().Equal(reference.Tokens);
        ((ByteLevelBpeModel)trained.Model).Merges.Should().Equal(model.Merges);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3")]
    public void Scanners_cut_as_their_regular_expressions(string name)
    {
        var pattern = name == "gpt2" ? SplitPattern.Gpt2 : SplitPattern.Llama3;
        var regex = new Regex(pattern.Regex, RegexOptions.CultureInvariant);
        var characters = Gen.Frequency((6, Gen.Char[' ', '~']), (2, Gen.Char[" \n\r\t'sL\u00A07"]), (2, Gen.Char['\u0080', '\uD7FF']));
        Gen.String[characters, 0, 60].Sample(text =>
        {
            var expected = regex.Matches(text).Select(m => m.Value).ToList();
            var actual = new List<string>();
            for (int start = 0, end; start < text.Length; start = end)
            {
                end = pattern.Next(text, start);
                actual.Add(text[start..end]);
            }
            actual.Should().Equal(expected);
        }, iter: 20_000);
    }

    [Fact]
    public void Decoding_an_encoding_gives_back_the_text_whole_and_in_a_stream()
    {
        var tokenizer = BpeTrainer.Train(["the cat sat on the mat; the dog sat on the cat"], new BpeTrainerOptions { VocabSize = 270 });
        Gen.String.Sample(text =>
        {
            var whole = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
            var ids = tokenizer.EncodeIds(text);
            var decoder = new TokenStreamDecoder(tokenizer);
            return tokenizer.Decode(ids) == whole && string.Concat(ids.Select(decoder.Append)) + decoder.Flush() == whole;
        });
    }

    [Fact]
    public void A_vocabulary_larger_than_the_text_allows_is_refused()
    {
        var train = () => BpeTrainer.Train(["abab"], new BpeTrainerOptions { VocabSize = 300 });
        train.Should().Throw<OptionsException>().WithMessage("*vocab_size is 300*allows only*");
    }

    [Fact]
    public void A_million_equal_characters_take_no_longer_than_their_length()
    {
        var tokenizer = BpeTrainer.Train(["aaaaaaaaaaaaaaaa aaaaaaaa aaaa"], new BpeTrainerOptions { VocabSize = 260 });
        tokenizer.Decode(tokenizer.EncodeIds(new string('a', 1_000_000))).Length.Should().Be(1_000_000);
    }
}
