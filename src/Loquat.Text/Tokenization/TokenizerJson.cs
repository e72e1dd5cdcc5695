using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Text.Files;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization;

/// <summary>Hugging Face `tokenizer.json`: byte-level BPE and character-level tokenizers.</summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";
    private const string AnyCharacter = "[\\s\\S]";

    private static readonly JsonSerializerOptions _format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    public static void Write(Tokenizer tokenizer, string path)
    {
        var added = new JsonArray([.. tokenizer.SpecialTokens.Select(text => (JsonNode)new JsonObject
        {
            ["id"] = tokenizer.TokenToId(text), ["content"] = text, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false,
            ["normalized"] = false, ["special"] = true,
        })]);
        var vocabulary = new JsonObject();
        for (var id = 0; id < tokenizer.VocabSize; id++) vocabulary[tokenizer.IdToToken(id)!] = id;
        var json = new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = added,
            ["normalizer"] = null,
        };
        if (tokenizer.Model is ByteLevelBpeModel bpe) WriteByteLevel(json, bpe, tokenizer, vocabulary);
        else WriteCharacters(json, vocabulary);
        AtomicFolder.WriteFile(path, stream => JsonSerializer.Serialize(stream, json, _format));
    }

    public static Tokenizer Read(string path)
    {
        try
        {
            var json = JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new DataException($"{path}: not a JSON object.");
            var model = json["model"] as JsonObject ?? throw new DataException($"{path}: 'model' is missing.");
            var special = (json["added_tokens"] as JsonArray ?? []).Select(t => (Id: t!["id"]!.GetValue<int>(), Text: t["content"]!.GetValue<string>())).ToList();
            var vocabulary = Vocabulary(path, model, special);
            List<string> texts = [.. special.Select(t => t.Text)];
            return model["type"]?.GetValue<string>() switch
            {
                "BPE" => Tokenizer.ByteLevelBpe(vocabulary, Merges(path, model, vocabulary), texts, Pattern(path, json["pre_tokenizer"])),
                "WordLevel" when json["pre_tokenizer"]?["pattern"]?["Regex"]?.GetValue<string>() == AnyCharacter => CharacterTokenizer.Create(vocabulary),
                var other => throw new DataException($"{path}: model type '{other}' with this pre-tokenizer is not known; byte-level BPE and character level are."),
            };
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException or InvalidOperationException or NullReferenceException or KeyNotFoundException)
        {
            throw new DataException($"{path}: cannot be read as a tokenizer: {error.Message}", error);
        }
    }

    private static void WriteByteLevel(JsonObject json, ByteLevelBpeModel bpe, Tokenizer tokenizer, JsonObject vocabulary)
    {
        var plain = bpe.Pattern == SplitPattern.Gpt2;
        json["pre_tokenizer"] = plain ? ByteLevel(useRegex: true) : new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = bpe.Pattern.Regex }, ["behavior"] = "Isolated", ["invert"] = false },
                ByteLevel(useRegex: false)),
        };
        json["post_processor"] = null;
        json["decoder"] = ByteLevel(useRegex: true);
        json["model"] = new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = null,
            ["continuing_subword_prefix"] = null,
            ["end_of_word_suffix"] = null,
            ["fuse_unk"] = false,
            ["byte_fallback"] = false,
            ["ignore_merges"] = false,
            ["vocab"] = vocabulary,
            ["merges"] = new JsonArray([.. bpe.Merges.Select(m => (JsonNode)new JsonArray(tokenizer.IdToToken(m.Left), tokenizer.IdToToken(m.Right)))]),
        };

        static JsonObject ByteLevel(bool useRegex) => new()
        {
            ["type"] = "ByteLevel",
            ["add_prefix_space"] = false,
            ["trim_offsets"] = true,
            ["use_regex"] = useRegex,
        };
    }

    private static void WriteCharacters(JsonObject json, JsonObject vocabulary)
    {
        json["pre_tokenizer"] = new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = AnyCharacter }, ["behavior"] = "Isolated", ["invert"] = false };
        json["post_processor"] = null;
        json["decoder"] = new JsonObject { ["type"] = "Fuse" };
        json["model"] = new JsonObject { ["type"] = "WordLevel", ["vocab"] = vocabulary, ["unk_token"] = CharacterTokenizer.Unknown };
    }

    private static string[] Vocabulary(string path, JsonObject model, List<(int Id, string Text)> special)
    {
        var entries = (model["vocab"] as JsonObject ?? throw new DataException($"{path}: 'model.vocab' is missing."))
            .Select(e => (Id: e.Value!.GetValue<int>(), Text: e.Key)).Concat(special).Distinct().ToList();
        // Some trainers leave ids unused; none of them is a text that occurs.
        var vocabulary = new string[entries.Count == 0 ? 0 : Math.Min(entries.Max(e => e.Id) + 1, 2 * entries.Count)];
        foreach (var (id, text) in entries)
        {
            if ((uint)id >= (uint)vocabulary.Length || vocabulary[id] is not null)
                throw new DataException($"{path}: token '{text}' has id {id}; the {vocabulary.Length} ids must be 0 to {vocabulary.Length - 1}, each once.");
            vocabulary[id] = text;
        }
        for (var id = 0; id < vocabulary.Length; id++) vocabulary[id] ??= $"<unused {id}>";
        return vocabulary;
    }

    private static List<(int Left, int Right)> Merges(string path, JsonObject model, string[] vocabulary)
    {
        var ids = vocabulary.Select((text, id) => (text, id)).ToDictionary(t => t.text, t => t.id, StringComparer.Ordinal);
        var merges = new List<(int, int)>();
        foreach (var node in model["merges"] as JsonArray ?? [])
        {
            var parts = node is JsonArray pair ? [.. pair.Select(p => p!.GetValue<string>())] : node!.GetValue<string>().Split(' ');
            if (parts.Length != 2 || !ids.TryGetValue(parts[0], out var left) || !ids.TryGetValue(parts[1], out var right) || !ids.ContainsKey(parts[0] + parts[1]))
                throw new DataException($"{path}: merge {merges.Count} ({node!.ToJsonString()}) must join two tokens of the vocabulary into a third.");
            merges.Add((left, right));
        }
        return merges;
    }

    private static SplitPattern Pattern(string path, JsonNode? preTokenizer)
    {
        var steps = preTokenizer?["pretokenizers"] as JsonArray;
        var pattern = steps?.Select(s => s?["pattern"]?["Regex"]?.GetValue<string>()).FirstOrDefault(p => p is not null);
        if (steps is null && preTokenizer?["type"]?.GetValue<string>() == "ByteLevel") pattern = SplitPattern.Gpt2.Regex;
        return new[] { SplitPattern.Gpt2, SplitPattern.Llama3 }.FirstOrDefault(p => p.Regex == pattern)
            ?? throw new DataException($"{path}: the pre-tokenizer is not GPT-2's or Llama 3's byte-level one.");
    }
}
