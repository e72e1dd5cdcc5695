using System.Text.Json;
using Loquat.Text.Tokenization.Json;
using Loquat.Text.Tokenization.Models;
using Loquat.Text.Tokenization.Models.Bpe;
using Loquat.Text.Tokenization.Models.SentencePiece;
using Loquat.Text.Tokenization.Models.Unigram;
using Loquat.Text.Tokenization.Models.WordLevel;
using Loquat.Text.Tokenization.Models.WordPiece;

namespace Loquat.Text.Tokenization.Formats;

/// <summary>The `model` of a `tokenizer.json`. Vocabularies and merges, which are most of the file, are read without a tree.</summary>
internal static class ModelJson
{
    /// <param name="reader">At the object's start; moved to its end.</param>
    /// <param name="plain">The file that <paramref name="reader"/> reads from its beginning, where vocabulary and merges are to be read as programs write them; else null.</param>
    /// <exception cref="DataException">Damaged, or with <paramref name="plain"/> only unusual.</exception>
    public static TokenizerModel Read(ref Utf8JsonReader reader, string place, byte[]? plain)
    {
        var parts = plain is null ? ReadParts(ref reader, place) : ReadPlain(ref reader, place, plain);
        var pieces = parts.Pieces;
        var type = parts.Field("type")?.String()
            ?? (pieces is not null ? "Unigram" : parts.Merges is not null ? "BPE" : parts.Field("continuing_subword_prefix") is not null ? "WordPiece" : "WordLevel");
        if (type is "BPE" or "WordPiece" or "WordLevel" && parts.Vocabulary is null) throw new DataException($"{place}.vocab: expected an object of tokens and their ids.");
        switch (type)
        {
            case "BPE":
                return new BpeModel(parts.Vocabulary!, parts.Merges ?? throw new DataException($"{place}.merges: expected a list of pairs of tokens."), Bpe(parts), place, parts.Joined);
            case "WordPiece":
                return new WordPieceModel(
                    parts.Vocabulary!, parts.Field("unk_token")?.String() ?? "[UNK]", parts.Field("continuing_subword_prefix")?.String() ?? "##", parts.Field("max_input_chars_per_word")?.Int() ?? 100);
            case "WordLevel":
                return new WordLevelModel(parts.Vocabulary!, parts.Field("unk_token")?.String() ?? "<unk>");
            case "Unigram":
                if (pieces is null) throw new DataException($"{place}.vocab: expected a list of tokens with their scores.");
                return new UnigramModel(pieces, parts.Field("unk_id")?.Int(), parts.Field("byte_fallback")?.Bool() ?? false);
            case "SentencePiece":
                var file = parts.Field("file") ?? throw new DataException($"{place}.file: the bytes of a sentencepiece model are missing.");
                return file.Element.TryGetBytesFromBase64(out var content) ? new SentencePieceTokenizerModel(content, $"{place}.file") : throw file.Expected("bytes in base 64");
            default:
                throw parts.Field("type")!.Wrong($"'{type}' is not a known model; known are BPE, WordPiece, WordLevel, Unigram, SentencePiece.");
        }
    }

    private static BpeModelOptions Bpe(Parts parts) => new()
    {
        Dropout = parts.Field("dropout") is { } dropout ? (float)dropout.Number() : null,
        UnkToken = parts.Field("unk_token")?.String(),
        ContinuingSubwordPrefix = parts.Field("continuing_subword_prefix")?.String(),
        EndOfWordSuffix = parts.Field("end_of_word_suffix")?.String(),
        FuseUnk = parts.Field("fuse_unk")?.Bool() ?? false,
        ByteFallback = parts.Field("byte_fallback")?.Bool() ?? false,
        IgnoreMerges = parts.Field("ignore_merges")?.Bool() ?? false,
    };

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

    private sealed class Parts(string place)
    {
        private readonly Dictionary<string, JsonField> _fields = new(StringComparer.Ordinal);

        public Vocabulary? Vocabulary { get; set; }

        public List<(string, double)>? Pieces { get; set; }

        public List<(int, int)>? Merges { get; set; }

        /// <summary>What each merge makes, where that is known already.</summary>
        public List<int>? Joined { get; set; }

        public JsonField? Field(string name) => _fields.TryGetValue(name, out var field) && !field.Is(JsonValueKind.Null) ? field : null;

        public void AddField(string name, ref Utf8JsonReader reader) => _fields[name] = new(JsonElement.ParseValue(ref reader), $"{place}.{name}");
    }

    // The text of the vocabulary is made on another thread, while the merges are read by its bytes.
    private static Parts ReadPlain(ref Utf8JsonReader reader, string place, byte[] file)
    {
        var parts = new Parts(place);
        RawVocabulary? raw = null;
        Task<Vocabulary>? vocabulary = null;
        var origin = 0; // where in the file the reader begins
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var at = origin + (int)reader.BytesConsumed;
            if (name == "vocab" && reader.TokenType == JsonTokenType.StartObject)
            {
                var read = RawVocabulary.Read(file, ref at);
                (raw, vocabulary) = (read, Task.Run(read.Decode));
            }
            else if (name == "vocab" && reader.TokenType == JsonTokenType.StartArray)
            {
                parts.Pieces = ReadPlainPieces(file, ref at);
            }
            else if (name == "merges" && reader.TokenType == JsonTokenType.StartArray)
            {
                parts.Merges = (raw ?? throw PlainJson.Unusual()).ReadMerges(ref at, out var joined);
                parts.Joined = joined;
            }
            else
            {
                parts.AddField(name, ref reader);
                continue;
            }
            // On from the bracket at the end, as if all before it had been read.
            reader = new(file.AsSpan(at), isFinalBlock: true, reader.CurrentState);
            origin = at;
            reader.Read();
        }
        parts.Vocabulary = vocabulary?.GetAwaiter().GetResult();
        return parts;
    }

    private static List<(string, double)> ReadPlainPieces(byte[] file, ref int at)
    {
        var pieces = new List<(string, double)>();
        var json = new PlainJson(file, at);
        while (json.Peek() != ']')
        {
            if (pieces.Count > 0) json.Take((byte)',');
            json.Take((byte)'[');
            var token = json.String();
            json.Take((byte)',');
            pieces.Add((json.Text(token), json.Double()));
            json.Take((byte)']');
        }
        at = json.At;
        return pieces;
    }

    private static Parts ReadParts(ref Utf8JsonReader reader, string place)
    {
        var parts = new Parts(place);
        Utf8JsonReader merges = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == "vocab" && reader.TokenType == JsonTokenType.StartObject) parts.Vocabulary = ReadVocabulary(ref reader, place);
            else if (name == "vocab" && reader.TokenType == JsonTokenType.StartArray) parts.Pieces = ReadPieces(ref reader, place);
            else if (name == "merges" && reader.TokenType == JsonTokenType.StartArray)
            {
                merges = reader; // they may stand before the vocabulary
                parts.Merges = [];
                reader.Skip();
            }
            else parts.AddField(name, ref reader);
        }
        if (parts.Merges is not null && parts.Vocabulary is not null) parts.Merges = ReadMerges(ref merges, parts.Vocabulary, place);
        return parts;
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
    private static List<(int, int)> ReadMerges(ref Utf8JsonReader reader, Vocabulary vocabulary, string place)
    {
        var merges = new List<(int, int)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int? left = null, right = null;
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                left = ReadToken(ref reader, vocabulary);
                right = ReadToken(ref reader, vocabulary);
                if (!reader.Read() || reader.TokenType != JsonTokenType.EndArray) left = null;
            }
            else if (reader.TokenType == JsonTokenType.String && reader.GetString()!.Split(' ') is [var first, var second])
            {
                (left, right) = (vocabulary.Find(first), vocabulary.Find(second));
            }
            merges.Add(left is { } l && right is { } r ? (l, r) : throw new DataException($"{place}.merges[{merges.Count}]: expected two tokens of the vocabulary."));
        }
        return merges;
    }

    private static int? ReadToken(ref Utf8JsonReader reader, Vocabulary vocabulary) =>
        reader.Read() && reader.TokenType == JsonTokenType.String ? vocabulary.Find(reader.GetString()!) : null;
}
