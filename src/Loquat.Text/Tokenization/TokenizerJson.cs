using System.Text.Encodings.Web;
using System.Text.Json;
using Loquat.Text.Files;
using Loquat.Text.Tokenization.Formats;
using Loquat.Text.Tokenization.Json;

namespace Loquat.Text.Tokenization;

/// <summary>Hugging Face `tokenizer.json`, both ways.</summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";

    private const string Version = "1.0";

    private static readonly JsonWriterOptions _format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    public static void Write(Tokenizer tokenizer, string path) => AtomicFolder.WriteFile(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, _format);
        Write(tokenizer, json);
    });

    public static Tokenizer Read(byte[] file, string path)
    {
        try
        {
            return Read(file, path, plain: true);
        }
        catch (DataException)
        {
            // Read with more care it may be whole, and if not, the error says where.
            return Read(file, path, plain: false);
        }
    }

    private static Tokenizer Read(byte[] file, string path, bool plain)
    {
        var bytes = file.AsSpan();
        if (bytes.StartsWith("\uFEFF"u8))
        {
            if (plain) throw PlainJson.Unusual();
            bytes = bytes[3..];
        }
        try
        {
            var fields = new Dictionary<string, JsonField>(StringComparer.Ordinal);
            Models.TokenizerModel? model = null;
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 256 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new DataException($"{path}: not a JSON object.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                if (name == "model" && reader.TokenType == JsonTokenType.StartObject) model = ModelJson.Read(ref reader, $"{path}: model", plain && model is null ? file : null);
                else fields[name] = new(JsonElement.ParseValue(ref reader), $"{path}: {name}");
            }
            if (reader.Read()) throw new DataException($"{path}: something follows the JSON object.");
            return Create(path, fields, model ?? throw new DataException($"{path}: 'model' is missing."));
        }
        catch (JsonException error)
        {
            throw new DataException($"{path}, line {error.LineNumber + 1}, byte {error.BytePositionInLine}: not valid JSON: {error.Message}", error);
        }
        catch (InvalidOperationException error)
        {
            throw new DataException($"{path}: cannot be read as a tokenizer: {error.Message}", error);
        }
    }

    private static Tokenizer Create(string path, Dictionary<string, JsonField> fields, Models.TokenizerModel model)
    {
        JsonField? Field(string name) => fields.TryGetValue(name, out var field) && !field.Is(JsonValueKind.Null) ? field : null;
        if (Field("version") is { } version && !(version.Is(JsonValueKind.String) && version.String() == Version)) throw version.Expected($"\"{Version}\"");
        var components = new TokenizerComponents
        {
            Truncation = Field("truncation") is { } truncation ? ReadTruncation(truncation) : null,
            Padding = Field("padding") is { } padding ? ReadPadding(padding) : null,
            AddedTokens = [.. (Field("added_tokens")?.Items() ?? []).Select(ReadAddedToken)],
            Normalizer = Field("normalizer") is { } normalizer ? Components.ReadNormalizer(normalizer) : null,
            PreTokenizer = Field("pre_tokenizer") is { } preTokenizer ? Components.ReadPreTokenizer(preTokenizer) : null,
            Model = model,
            PostProcessor = Field("post_processor") is { } postProcessor ? Components.ReadPostProcessor(postProcessor) : null,
            Decoder = Field("decoder") is { } decoder ? Components.ReadDecoder(decoder) : null,
        };
        return new Tokenizer(components);
    }

    private static AddedToken ReadAddedToken(JsonField field)
    {
        // Read for its faults only: the vocabulary says what the id is, and where it has none, the place in the list.
        field.Optional("id")?.Int();
        return new(field["content"].String())
        {
            SingleWord = field.Bool("single_word", false),
            LStrip = field.Bool("lstrip", false),
            RStrip = field.Bool("rstrip", false),
            Normalized = field.Bool("normalized", !field.Bool("special", false)),
            Special = field.Bool("special", false),
        };
    }

    private static TruncationOptions ReadTruncation(JsonField field) => new()
    {
        MaxLength = field["max_length"].Int(),
        Stride = field.Optional("stride")?.Int() ?? 0,
        Strategy = field.String("strategy") switch
        {
            null or "LongestFirst" => TruncationStrategy.LongestFirst,
            "OnlyFirst" => TruncationStrategy.OnlyFirst,
            "OnlySecond" => TruncationStrategy.OnlySecond,
            _ => throw field["strategy"].Expected("LongestFirst, OnlyFirst or OnlySecond"),
        },
        Left = ReadsLeft(field),
    };

    private static PaddingOptions ReadPadding(JsonField field)
    {
        var strategy = field["strategy"];
        return new()
        {
            Length = strategy.Is(JsonValueKind.String) ? strategy.String() == "BatchLongest" ? null : throw strategy.Expected("BatchLongest or Fixed") : strategy["Fixed"].Int(),
            Left = ReadsLeft(field),
            PadToMultipleOf = field.Optional("pad_to_multiple_of")?.Int(),
            PadId = field.Optional("pad_id")?.Int() ?? 0,
            PadTypeId = field.Optional("pad_type_id")?.Int() ?? 0,
            PadToken = field.String("pad_token") ?? "[PAD]",
        };
    }

    private static bool ReadsLeft(JsonField field) => field.String("direction") switch
    {
        "Left" => true,
        null or "Right" => false,
        _ => throw field["direction"].Expected("Left or Right"),
    };

    private static void Write(Tokenizer tokenizer, Utf8JsonWriter json)
    {
        var parts = tokenizer.Components;
        json.WriteStartObject();
        json.WriteString("version", Version);
        WriteObject("truncation", parts.Truncation, t =>
        {
            json.WriteString("direction", t.Left ? "Left" : "Right");
            json.WriteNumber("max_length", t.MaxLength);
            json.WriteString("strategy", t.Strategy.ToString());
            json.WriteNumber("stride", t.Stride);
        });
        WriteObject("padding", parts.Padding, p =>
        {
            if (p.Length is { } length)
            {
                json.WriteStartObject("strategy");
                json.WriteNumber("Fixed", length);
                json.WriteEndObject();
            }
            else
            {
                json.WriteString("strategy", "BatchLongest");
            }
            json.WriteString("direction", p.Left ? "Left" : "Right");
            if (p.PadToMultipleOf is { } multiple) json.WriteNumber("pad_to_multiple_of", multiple);
            else json.WriteNull("pad_to_multiple_of");
            json.WriteNumber("pad_id", p.PadId);
            json.WriteNumber("pad_type_id", p.PadTypeId);
            json.WriteString("pad_token", p.PadToken);
        });
        JsonList.Write(json, "added_tokens", tokenizer.AddedTokens, added =>
        {
            json.WriteNumber("id", added.Id);
            json.WriteString("content", added.Token.Content);
            json.WriteBoolean("single_word", added.Token.SingleWord);
            json.WriteBoolean("lstrip", added.Token.LStrip);
            json.WriteBoolean("rstrip", added.Token.RStrip);
            json.WriteBoolean("normalized", added.Token.Normalized);
            json.WriteBoolean("special", added.Token.Special);
        });
        WriteObject("normalizer", parts.Normalizer, n => n.Write(json));
        WriteObject("pre_tokenizer", parts.PreTokenizer, p => p.Write(json));
        WriteObject("post_processor", parts.PostProcessor, p => p.Write(json));
        WriteObject("decoder", parts.Decoder, d => d.Write(json));
        WriteObject("model", parts.Model, m =>
        {
            json.WriteString("type", m.Type);
            m.Write(json);
        });
        json.WriteEndObject();

        void WriteObject<T>(string name, T? value, Action<T> write) where T : class
        {
            if (value is null)
            {
                json.WriteNull(name);
                return;
            }
            json.WriteStartObject(name);
            write(value);
            json.WriteEndObject();
        }
    }
}
