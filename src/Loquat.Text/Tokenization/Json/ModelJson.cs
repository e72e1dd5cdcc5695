using System.Text.Json;
using Loquat.Text.Tokenization.Models;

namespace Loquat.Text.Tokenization.Json;

/// <summary>The `model` of a `tokenizer.json`. Vocabularies and merges, which are most of the file, are read without a tree.</summary>
internal static class ModelJson
{
    /// <param name="reader">At the object's start; moved to its end.</param>
    /// <param name="bytes">All that <paramref name="reader"/> reads.</param>
    public static TokenizerModel Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes, string place)
    {
        var fields = new Dictionary<string, JsonField>(StringComparer.Ordinal);
        Vocabulary? vocabulary = null;
        List<(string, double)>? pieces = null;
        var merges = (Start: -1, End: -1);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == "vocab" && reader.TokenType == JsonTokenType.StartObject) vocabulary = ReadVocabulary(ref reader, place);
            else if (name == "vocab" && reader.TokenType == JsonTokenType.StartArray) pieces = ReadPieces(ref reader, place);
            else if (name == "merges" && reader.TokenType == JsonTokenType.StartArray)
            {
                merges.Start = (int)reader.TokenStartIndex;
                reader.Skip();
                merges.End = (int)reader.BytesConsumed;
            }
            else fields[name] = new(JsonElement.ParseValue(ref reader), $"{place}.{name}");
        }
        JsonField? Field(string name) => fields.TryGetValue(name, out var field) && !field.Is(JsonValueKind.Null) ? field : null;
        var type = Field("type")?.String() ?? (pieces is not null ? "Unigram" : merges.Start >= 0 ? "BPE" : Field("continuing_subword_prefix") is not null ? "WordPiece" : "WordLevel");
        if (type is "BPE" or "WordPiece" or "WordLevel" && vocabulary is null) throw new DataException($"{place}.vocab: expected an object of tokens and their ids.");
        switch (type)
        {
            case "BPE":
                var pairs = merges.Start < 0 ? [] : ReadMerges(bytes[merges.Start..merges.End], vocabulary!, place);
                return new BpeModel(vocabulary!, pairs, new BpeModelOptions
                {
                    Dropout = Field("dropout") is { } dropout ? (float)dropout.Number() : null,
                    UnkToken = Field("unk_token")?.String(),
                    ContinuingSubwordPrefix = Field("continuing_subword_prefix")?.String(),
                    EndOfWordSuffix = Field("end_of_word_suffix")?.String(),
                    FuseUnk = Field("fuse_unk")?.Bool() ?? false,
                    ByteFallback = Field("byte_fallback")?.Bool() ?? false,
                    IgnoreMerges = Field("ignore_merges")?.Bool() ?? false,
                }, place);
            case "WordPiece":
                return new WordPieceModel(vocabulary!, Field("unk_token")?.String() ?? "[UNK]", Field("continuing_subword_prefix")?.String() ?? "##", Field("max_input_chars_per_word")?.Int() ?? 100);
            case "WordLevel":
                return new WordLevelModel(vocabulary!, Field("unk_token")?.String() ?? "<unk>");
            case "Unigram":
                if (pieces is null) throw new DataException($"{place}.vocab: expected a list of tokens with their scores.");
                return new UnigramModel(pieces, Field("unk_id")?.Int(), Field("byte_fallback")?.Bool() ?? false);
            case "SentencePiece":
                var file = Field("file") ?? throw new DataException($"{place}.file: the bytes of a sentencepiece model are missing.");
                return file.Element.TryGetBytesFromBase64(out var content) ? new SentencePieceTokenizerModel(content, $"{place}.file") : throw file.Expected("bytes in base 64");
            default:
                throw Field("type")!.Value.Wrong($"'{type}' is not a known model; known are BPE, WordPiece, WordLevel, Unigram, SentencePiece.");
        }
    }

    /// <summary>An object of tokens and ids.</summary>
    public static Vocabulary ReadVocabulary(ref Utf8JsonReader reader, string place)
    {
        var vocabulary = new Vocabulary(1 << 12);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var token = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var id) || !vocabulary.Add(token, id))
                throw new DataException($"{place}.vocab['{token}']: expected an id from 0 on.");
        }
        return vocabulary;
    }

    private static List<(string, double)> ReadPieces(ref Utf8JsonReader reader, string place)
    {
        var pieces = new List<(string, double)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var token = reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            if (token is null || !reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var score) || !reader.Read() || reader.TokenType != JsonTokenType.EndArray)
                throw new DataException($"{place}.vocab[{pieces.Count}]: expected a token and its score.");
            pieces.Add((token, score));
        }
        return pieces;
    }

    // Each is ["a", "b"] or, in older files, "a b".
    private static List<(int, int)> ReadMerges(ReadOnlySpan<byte> bytes, Vocabulary vocabulary, string place)
    {
        var merges = new List<(int, int)>();
        var reader = new Utf8JsonReader(bytes);
        var buffer = new char[256];
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int left, right;
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                left = ReadToken(ref reader);
                right = ReadToken(ref reader);
                reader.Read();
                if (reader.TokenType != JsonTokenType.EndArray) left = -1;
            }
            else
            {
                (left, right) = (-1, -1);
                if (reader.TokenType == JsonTokenType.String && reader.GetString()!.Split(' ') is [var first, var second])
                    (left, right) = (vocabulary.Find(first) ?? -1, vocabulary.Find(second) ?? -1);
            }
            if (left < 0 || right < 0) throw new DataException($"{place}.merges[{merges.Count}]: expected two tokens of the vocabulary.");
            merges.Add((left, right));
        }
        return merges;

        int ReadToken(ref Utf8JsonReader reader)
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.String) return -1;
            if (reader.ValueSpan.Length > buffer.Length) return vocabulary.Find(reader.GetString()!) ?? -1;
            return vocabulary.TryGet(buffer.AsSpan(0, reader.CopyString(buffer)), out var id) ? id : -1;
        }
    }
}
