using System.Text.Json;
using Loquat.Tests;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Counting;
using Loquat.Text.Tokenization.Formats;
using Loquat.Text.Tokenization.Json;
using Loquat.Text.Tokenization.Models;
using Loquat.Text.Tokenization.Models.Bpe;
using Loquat.Text.Tokenization.Models.Unigram;
using Loquat.Text.Tokenization.Models.WordLevel;
using Loquat.Text.Tokenization.Models.WordPiece;

namespace Loquat.Text.Tests.Tokenization.Models;

/// <summary>Every trainer on the reference's corpus with the reference's settings, against what the reference learned.</summary>
public sealed class TrainerFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string?> Fixtures => [.. SharedFolder.FoldersWith("training.json", "fixtures", "tokenizers")];

    [Theory, MemberData(nameof(Fixtures))]
    public void Training_learns_what_the_reference_learned(string? name)
    {
        var folder = SharedFolder.Require("fixtures", "tokenizers", name ?? "a trained tokenizer");
        using var tokenizer = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
        using var training = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "training.json")));
        var (root, settings) = (tokenizer.RootElement, training.RootElement);
        var model = root.GetProperty("model");
        using var corpus = File.OpenRead(SharedFolder.Require("fixtures", "tokenizers", "corpus.txt"));
        var words = WordCounts.Read(corpus, Splitter(root));
        switch (settings.GetProperty("trainer").GetString())
        {
            case "BpeTrainer":
                SameBpe(BpeTrainer.Learn(words, BpeOptions(root, settings)), model);
                break;
            case "WordPieceTrainer":
                var pieces = WordPieceTrainer.Learn(words, new()
                {
                    VocabSize = Int(settings, "vocab_size") ?? 30_000,
                    MinFrequency = Int(settings, "min_frequency") ?? 0,
                    LimitAlphabet = Int(settings, "limit_alphabet"),
                    SpecialTokens = Special(root),
                    AllowFewerTokens = true,
                });
                var reference = Vocabulary(model);
                var shared = pieces.Intersect(reference).Count();
                output.WriteLine($"{shared} of {reference.Count} tokens ({pieces.Count} learned)");
                pieces.Should().HaveCount(reference.Count);
                shared.Should().BeGreaterThanOrEqualTo((int)Math.Ceiling(reference.Count * 0.995), "of hash order the reference itself differs from run to run in the rest");
                break;
            case "UnigramTrainer":
                SameUnigram(UnigramTrainer.Learn(words, new()
                {
                    VocabSize = Int(settings, "vocab_size") ?? 8000,
                    NumSubIterations = Int(settings, "n_sub_iterations") ?? 2,
                    MaxPieceLength = Int(settings, "max_piece_length") ?? 16,
                    ShrinkingFactor = settings.TryGetProperty("shrinking_factor", out var factor) ? factor.GetDouble() : 0.75,
                    SpecialTokens = Special(root),
                    UnkToken = model.GetProperty("unk_id") is { ValueKind: JsonValueKind.Number } unk ? model.GetProperty("vocab")[unk.GetInt32()][0].GetString() : null,
                    AllowFewerTokens = true,
                }), model);
                break;
            default:
                WordLevelTrainer.Learn(words, new()
                {
                    VocabSize = Int(settings, "vocab_size") ?? 30_000,
                    MinFrequency = Int(settings, "min_frequency") ?? 0,
                    SpecialTokens = Special(root),
                }).Should().Equal(Vocabulary(model));
                break;
        }
    }

    private void SameBpe(BpeVocabulary learned, JsonElement model)
    {
        var reference = Vocabulary(model);
        var merges = model.GetProperty("merges").EnumerateArray().Select(m => (m[0].GetString()!, m[1].GetString()!)).ToList();
        output.WriteLine($"{learned.Tokens.Intersect(reference).Count()} of {reference.Count} tokens, {learned.Merges.Count} of {merges.Count} merges");
        if (model.GetProperty("end_of_word_suffix").ValueKind == JsonValueKind.String || model.GetProperty("continuing_subword_prefix").ValueKind == JsonValueKind.String)
        {
            // The reference gives marked characters their ids in hash order.
            learned.Tokens.Should().BeEquivalentTo(reference);
            return;
        }
        learned.Tokens.Should().Equal(reference);
        learned.Merges.Select(m => (learned.Tokens[m.Left], learned.Tokens[m.Right])).Should().Equal(merges);
    }

    private void SameUnigram(UnigramVocabulary learned, JsonElement model)
    {
        var reference = model.GetProperty("vocab").EnumerateArray().ToDictionary(p => p[0].GetString()!, p => p[1].GetDouble(), StringComparer.Ordinal);
        var scores = learned.Pieces.ToDictionary(p => p.Piece, p => p.Score, StringComparer.Ordinal);
        var both = scores.Keys.Where(reference.ContainsKey).ToList();
        output.WriteLine($"{both.Count} of {reference.Count} pieces, scores within {both.Max(p => Math.Abs(scores[p] - reference[p])):g3}; only ours: {string.Join(' ', scores.Keys.Except(reference.Keys).Take(20))}");
        scores.Keys.Should().BeEquivalentTo(reference.Keys);
        foreach (var piece in both) scores[piece].Should().BeApproximately(reference[piece], 0.1, piece);
        learned.UnkId.Should().Be(model.GetProperty("unk_id").GetInt32());
    }

    private static BpeTrainerOptions BpeOptions(JsonElement root, JsonElement settings) => new()
    {
        VocabSize = Int(settings, "vocab_size") ?? 30_000,
        MinFrequency = Int(settings, "min_frequency") ?? 0,
        SpecialTokens = Special(root),
        ByteLevel = false,
        InitialAlphabet = root.GetProperty("pre_tokenizer").GetRawText().Contains("\"ByteLevel\"", StringComparison.Ordinal)
            ? [.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Character((byte)b).ToString())] : [],
        LimitAlphabet = Int(settings, "limit_alphabet"),
        MaxTokenLength = Int(settings, "max_token_length"),
        ContinuingSubwordPrefix = root.GetProperty("model").GetProperty("continuing_subword_prefix").GetString() ?? "",
        EndOfWordSuffix = root.GetProperty("model").GetProperty("end_of_word_suffix").GetString() ?? "",
        AllowFewerTokens = true,
    };

    private static WordSplitter Splitter(JsonElement root)
    {
        var fields = new JsonField(root, "tokenizer.json");
        return WordSplitter.From(
            fields.Optional("normalizer") is { } normalizer ? Components.ReadNormalizer(normalizer) : null,
            fields.Optional("pre_tokenizer") is { } preTokenizer ? Components.ReadPreTokenizer(preTokenizer) : null);
    }

    /// <summary>The added tokens that hold the first ids; others were added after training.</summary>
    private static List<string> Special(JsonElement root) =>
        [.. root.GetProperty("added_tokens").EnumerateArray().OrderBy(t => t.GetProperty("id").GetInt32()).TakeWhile((t, i) => t.GetProperty("id").GetInt32() == i).Select(t => t.GetProperty("content").GetString()!)];

    private static List<string> Vocabulary(JsonElement model) => [.. model.GetProperty("vocab").EnumerateObject().OrderBy(v => v.Value.GetInt32()).Select(v => v.Name)];

    private static int? Int(JsonElement settings, string name) => settings.TryGetProperty(name, out var value) ? value.GetInt32() : null;
}
