using System.Text.Json.Nodes;
using CsCheck;
using Loquat.Tests;
using Loquat.Text.Tokenization.Models.SentencePiece;

namespace Loquat.Text.Tests.Tokenization.Models.SentencePiece;

public sealed class SentencePieceTests
{
    public static TheoryData<string?> Models
    {
        get
        {
            var folder = SharedFolder.Root is { } root ? Path.Combine(root, "fixtures", "tokenizers", "sentencepiece") : "";
            var found = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.model").Select(f => (string?)Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal).ToArray() : [];
            return [.. found.Length > 0 ? found : [null]];
        }
    }

    [Theory, MemberData(nameof(Models))]
    public void A_model_gives_the_references_ids_pieces_and_text(string? name)
    {
        var folder = SharedFolder.Require("fixtures", "tokenizers", "sentencepiece");
        var tokenizer = SentencePieceTokenizer.Load(Path.Combine(folder, name + ".model"));
        var (cases, failures) = (0, new List<string>());
        foreach (var line in File.ReadLines(Path.Combine(folder, name + ".cases.jsonl")))
        {
            var one = JsonNode.Parse(line)!;
            var text = one["text"]!.GetValue<string>();
            var ids = one["ids"]!.AsArray().Select(i => i!.GetValue<int>()).ToArray();
            var encoded = tokenizer.Encode(text);
            cases++;
            if (!encoded.Select(p => p.Id).SequenceEqual(ids) || !tokenizer.EncodeIds(text).SequenceEqual(ids)
                || !encoded.Select(p => p.Piece).SequenceEqual(one["pieces"]!.AsArray().Select(p => p!.GetValue<string>()))
                || tokenizer.Decode(ids) != one["decoded"]!.GetValue<string>())
                failures.Add($"{line}\n  got {string.Join(' ', encoded.Select(p => $"{p.Id}:{p.Piece}"))} -> '{tokenizer.Decode(ids)}'");
        }
        TestContext.Current.SendDiagnosticMessage($"{name}: {cases - failures.Count} of {cases} cases equal");
        string.Join("\n", failures.Take(5)).Should().BeEmpty($"{failures.Count} of {cases} cases differ");
    }

    [Theory, MemberData(nameof(Models))]
    public void The_short_way_gives_what_the_whole_way_gives(string? name)
    {
        var tokenizer = SentencePieceTokenizer.Load(SharedFolder.Require("fixtures", "tokenizers", "sentencepiece", name + ".model"));
        var lines = File.ReadAllLines(SharedFolder.Require("fixtures", "tokenizers", "corpus.txt"));
        // From a word to a page: sums of scores grow, and with them the rounding that decides between equals.
        var words = lines.SelectMany(line => line.Split(' ')).ToArray();
        var real = Gen.Select(Gen.Int[0, words.Length - 1], Gen.Int[1, 400]).Select((start, count) => string.Join(' ', words.Skip(start).Take(count)));
        var odd = Gen.Select(Gen.Char[' ', '~'], Gen.Char["  ae\t\0\u007F"]).Select((a, b) => $"{a}{b}").Array[0, 60].Select(string.Concat);
        Gen.OneOf(real, odd).Sample(text => tokenizer.EncodeIds(text).Should().Equal(tokenizer.Encode(text).Select(p => p.Id), text), iter: LongTests.Rounds(1_000, 100_000));
    }

    [Theory, MemberData(nameof(Models))]
    public void Decoding_in_a_stream_gives_the_whole_text(string? name)
    {
        var tokenizer = Loquat.Text.Tokenization.Tokenizer.Load(SharedFolder.Require("fixtures", "tokenizers", "sentencepiece", name + ".model"));
        // Bytes and spaces are among the first and rarest pieces: half of the ids are of those.
        var few = Enumerable.Range(0, tokenizer.VocabSize).Where(id => tokenizer.IdToToken(id) is "\u2581" or "\u2581\u2581" or ['<', ..] or { Length: 1 }).ToArray();
        Gen.OneOf(Gen.Int[0, tokenizer.VocabSize - 1], Gen.Int[0, few.Length - 1].Select(i => few[i])).List[0, 30].Sample(ids =>
        {
            var stream = new Loquat.Text.Tokenization.TokenStreamDecoder(tokenizer);
            (string.Concat(ids.Select(stream.Append)) + stream.Flush()).Should().Be(tokenizer.Decode(ids), string.Join(' ', ids));
        }, iter: LongTests.Rounds(2_000, 100_000));
    }
}
