using System.Text.Json.Nodes;
using Loquat.Tests;
using Loquat.Text.Tokenization;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>Every tokenizer of the shared folder against the reference, as it is loaded and as it is saved again.</summary>
public sealed class TokenizerFixtureTests
{
    public static TheoryData<string?> Fixtures => [.. SharedFolder.FoldersWith("cases.jsonl", "fixtures", "tokenizers")];

    public static TheoryData<string?> Files => [.. SharedFolder.FoldersWith("tokenizer.json", "fixtures", "tokenizers")];

    public static TheoryData<string?> Truncations => [.. SharedFolder.FoldersWith("truncation.json", "fixtures", "tokenizers")];

    [Theory, MemberData(nameof(Fixtures))]
    public void Every_case_is_that_of_the_reference(string? name)
    {
        var folder = SharedFolder.Require("fixtures", "tokenizers", name ?? "a tokenizer with cases.jsonl");
        var tokenizer = Load(folder);
        using var saved = new TemporaryFolder();
        tokenizer.Save(saved.File("tokenizer.json"));
        var again = Tokenizer.Load(saved.Path);
        var (cases, failures) = (0, new List<string>());
        var lines = File.ReadAllLines(Path.Combine(folder, "cases.jsonl"));
        // A file may leave the texts with special tokens out altogether; otherwise a case without one has the same text both ways.
        var withSpecial = lines.Any(l => l.Contains("\"decoded_with_special\"", StringComparison.Ordinal));
        foreach (var line in lines)
        {
            var expected = JsonNode.Parse(line)!;
            cases++;
            foreach (var (which, one) in new[] { ("loaded", tokenizer), ("saved", again) })
                if (Difference(one, expected, withSpecial) is { } difference)
                {
                    failures.Add($"{which}: {difference}\n  {line}");
                    break;
                }
        }
        TestContext.Current.SendDiagnosticMessage($"{name}: {cases - failures.Count} of {cases} cases equal");
        cases.Should().BePositive();
        string.Join("\n", failures.Take(5)).Should().BeEmpty($"{failures.Count} of {cases} cases differ");
    }

    [Theory, MemberData(nameof(Files))]
    public void A_file_is_saved_as_it_was(string? name)
    {
        var folder = SharedFolder.Require("fixtures", "tokenizers", name ?? "a tokenizer.json");
        using var saved = new TemporaryFolder();
        Tokenizer.Load(folder).Save(saved.File("tokenizer.json"));
        var (before, after) = (JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json"))), JsonNode.Parse(File.ReadAllText(saved.File("tokenizer.json"))));
        JsonNode.DeepEquals(before, after).Should().BeTrue();
    }

    [Theory, MemberData(nameof(Truncations))]
    public void Truncation_and_padding_are_those_of_the_reference(string? name)
    {
        var folder = SharedFolder.Require("fixtures", "tokenizers", name ?? "a tokenizer with truncation.json");
        var tokenizer = Load(folder);
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "truncation.json")))!.AsArray();
        foreach (var one in cases)
        {
            var cut = tokenizer.With(
                new() { MaxLength = one!["max_length"]!.GetValue<int>(), Stride = one["stride"]!.GetValue<int>() },
                new() { Length = one["pad_to"]!.GetValue<int>() });
            var encoding = cut.Encode(one["text"]!.GetValue<string>());
            encoding.Ids.Should().Equal(Ints(one["ids"]!));
            encoding.AttentionMask.Should().Equal(Ints(one["attention_mask"]!));
            encoding.Overflowing.Select(o => string.Join(' ', o.Ids)).Should().Equal(one["overflowing"]!.AsArray().Select(o => string.Join(' ', Ints(o!))));
        }
        TestContext.Current.SendDiagnosticMessage($"{name}: {cases.Count} of {cases.Count} truncations equal");
    }

    private static Tokenizer Load(string folder)
    {
        if (File.Exists(Path.Combine(folder, "tokenizer.json"))) return Tokenizer.Load(folder);
        // A folder without a file is named for GPT-2's in data.
        return Tokenizer.Load(SharedFolder.Require("data", "tokenizers", Path.GetFileName(folder).Split('_')[0] + "_vocab.json"));
    }

    private static string? Difference(Tokenizer tokenizer, JsonNode expected, bool hasSpecialTexts)
    {
        var text = expected["text"]!.GetValue<string>();
        var pair = expected["pair"]?.GetValue<string>();
        var special = expected["add_special_tokens"]?.GetValue<bool>() ?? true;
        var encoding = tokenizer.Encode(text, pair, special);
        var ids = Ints(expected["ids"]!);
        if (!encoding.Ids.SequenceEqual(ids)) return $"ids {string.Join(',', encoding.Ids)}";
        var offsets = encoding.CodePointOffsets.SelectMany(o => new[] { o.Start, o.End }).ToArray();
        if (!offsets.SequenceEqual(Ints(expected["offsets"]!))) return $"offsets {string.Join(',', offsets)}";
        if (!encoding.TypeIds.SequenceEqual(expected["type_ids"] is { } types ? Ints(types) : new int[ids.Length])) return $"type_ids {string.Join(',', encoding.TypeIds)}";
        if (!encoding.SpecialTokensMask.SequenceEqual(expected["special_mask"] is { } mask ? Ints(mask) : new int[ids.Length])) return $"special_mask {string.Join(',', encoding.SpecialTokensMask)}";
        var decoded = expected["decoded"]!.GetValue<string>();
        if (tokenizer.Decode(ids) is var got && got != decoded) return $"decoded '{got}'";
        var withSpecial = expected["decoded_with_special"]?.GetValue<string>() ?? decoded;
        if (!hasSpecialTexts && ids.Any(tokenizer.IsSpecial)) withSpecial = tokenizer.Decode(ids, skipSpecialTokens: false);
        if (tokenizer.Decode(ids, skipSpecialTokens: false) is var all && all != withSpecial) return $"decoded_with_special '{all}'";
        if (pair is not null) return null;
        // Ids alone are those of the text without what the post-processor puts around it.
        var plain = tokenizer.Encode(text, addSpecialTokens: false).Ids;
        if (tokenizer.EncodeIds(text) is var fast && !fast.SequenceEqual(plain)) return $"EncodeIds {string.Join(',', fast)}";
        foreach (var skip in new[] { true, false })
        {
            var stream = new TokenStreamDecoder(tokenizer, skip);
            if (string.Concat(ids.Select(stream.Append)) + stream.Flush() is var streamed && streamed != (skip ? decoded : withSpecial)) return $"streamed '{streamed}'";
        }
        return null;
    }

    private static int[] Ints(JsonNode node) => [.. node.AsArray().Select(i => i!.GetValue<int>())];
}
