using System.Runtime.CompilerServices;
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
        List<(int, int)>? pairs = null;
        List<int>? joined = null;
        var index = new RawTokenIndex(bytes);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == "vocab" && reader.TokenType == JsonTokenType.StartObject) vocabulary = ReadVocabulary(ref reader, place, ref index);
            else if (name == "vocab" && reader.TokenType == JsonTokenType.StartArray) pieces = ReadPieces(ref reader, place);
            else if (name == "merges" && reader.TokenType == JsonTokenType.StartArray)
            {
                merges.Start = (int)reader.TokenStartIndex;
                if (vocabulary is not null) pairs = ReadMerges(ref reader, vocabulary, index, place, joined = []);
                else reader.Skip();
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
                if (pairs is null && merges.Start >= 0)
                {
                    // The merges stand before the vocabulary.
                    var again = new Utf8JsonReader(bytes[merges.Start..merges.End]);
                    again.Read();
                    pairs = ReadMerges(ref again, vocabulary!, index, place, joined = []);
                }
                return new BpeModel(vocabulary!, pairs ?? [], new BpeModelOptions
                {
                    Dropout = Field("dropout") is { } dropout ? (float)dropout.Number() : null,
                    UnkToken = Field("unk_token")?.String(),
                    ContinuingSubwordPrefix = Field("continuing_subword_prefix")?.String(),
                    EndOfWordSuffix = Field("end_of_word_suffix")?.String(),
                    FuseUnk = Field("fuse_unk")?.Bool() ?? false,
                    ByteFallback = Field("byte_fallback")?.Bool() ?? false,
                    IgnoreMerges = Field("ignore_merges")?.Bool() ?? false,
                }, place, joined);
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
        var index = new RawTokenIndex(default);
        return ReadVocabulary(ref reader, place, ref index, keeps: false);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vocabulary ReadVocabulary(ref Utf8JsonReader reader, string place, ref RawTokenIndex index, bool keeps = true)
    {
        var vocabulary = new Vocabulary(keeps ? index.Capacity / 2 : 1 << 12);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (start, length) = ((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
            var token = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var id) || !vocabulary.Add(token, id))
                throw new DataException($"{place}.vocab['{token}']: expected an id from 0 on.");
            if (keeps) index.Add(start, length, id);
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

    // Each is ["a", "b"] or, in older files, "a b". What a merge makes goes to joined, -1 where that is not found here.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static List<(int, int)> ReadMerges(ref Utf8JsonReader reader, Vocabulary vocabulary, RawTokenIndex index, string place, List<int> joined)
    {
        var merges = new List<(int, int)>();
        var buffer = new byte[1024];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var (left, right, token) = (-1, -1, -1);
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                var used = 0;
                left = ReadToken(ref reader, vocabulary, index, buffer, ref used);
                right = ReadToken(ref reader, vocabulary, index, buffer, ref used);
                if (used <= buffer.Length) token = index.Find(buffer.AsSpan(0, used));
                if (!reader.Read() || reader.TokenType != JsonTokenType.EndArray) left = -1;
            }
            else if (reader.TokenType == JsonTokenType.String && reader.GetString()!.Split(' ') is [var first, var second])
            {
                (left, right) = (vocabulary.Find(first) ?? -1, vocabulary.Find(second) ?? -1);
            }
            if (left < 0 || right < 0) throw new DataException($"{place}.merges[{merges.Count}]: expected two tokens of the vocabulary.");
            merges.Add((left, right));
            joined.Add(token);
        }
        return merges;
    }

    // The token's bytes go to the buffer, where they fit.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ReadToken(ref Utf8JsonReader reader, Vocabulary vocabulary, RawTokenIndex index, byte[] buffer, ref int used)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.String) return -1;
        var raw = reader.ValueSpan;
        if (used + raw.Length <= buffer.Length) raw.CopyTo(buffer.AsSpan(used));
        used += raw.Length;
        return index.Find(raw) is >= 0 and var id ? id : vocabulary.Find(reader.GetString()!) ?? -1;
    }
}
