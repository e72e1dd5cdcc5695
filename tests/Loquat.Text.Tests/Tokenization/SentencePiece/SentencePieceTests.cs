using System.Text.Json.Nodes;
using Loquat.Text.Tokenization.SentencePiece;

namespace Loquat.Tests.Tokenization.SentencePiece;

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
}
