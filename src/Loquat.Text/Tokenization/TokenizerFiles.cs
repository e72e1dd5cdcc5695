using System.Buffers.Text;
using System.Text.Json;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Decoders;
using Loquat.Text.Tokenization.Formats;
using Loquat.Text.Tokenization.Models;
using Loquat.Text.Tokenization.Models.Bpe;
using Loquat.Text.Tokenization.Models.SentencePiece;
using Loquat.Text.Tokenization.Models.WordPiece;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.PostProcessors;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tokenization;

/// <summary>Finds out what kind of tokenizer file a path names, and reads it.</summary>
internal static class TokenizerFiles
{
    private const string EndOfText = "<|endoftext|>";

    public static Tokenizer Load(string path)
    {
        try
        {
            if (Directory.Exists(path)) return BeginAndEndTokens.AsFolderSays(Load(InFolder(path)), path);
            var name = Path.GetFileName(path);
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length == 0) throw new DataException($"{path}: the file is empty and not a tokenizer: it was cut short or never written.");
            if (IsObject(bytes)) return IsTokenizer(bytes) ? TokenizerJson.Read(bytes, path) : ReadGpt2(bytes, path, Beside(path, "vocab.json", "merges.txt"));
            if (name.EndsWith("merges.txt", StringComparison.OrdinalIgnoreCase))
                return Beside(path, "merges.txt", "vocab.json") is var vocabulary ? ReadGpt2(File.ReadAllBytes(vocabulary), vocabulary, path) : null!;
            if (name.EndsWith("vocab.txt", StringComparison.OrdinalIgnoreCase)) return ReadBert(path);
            if (IsRanks(bytes)) return TiktokenRanks.Read(bytes, path);
            if (name.EndsWith(".model", StringComparison.OrdinalIgnoreCase)) return new(new TokenizerComponents { Model = new SentencePieceTokenizerModel(bytes, path) });
            throw new DataException($"{path}: not a tokenizer that Loquat knows; expected tokenizer.json, a sentencepiece .model, vocab.json with merges.txt, BERT's vocab.txt, or a tiktoken file of ranks.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: {error.Message}", error);
        }
        catch (JsonException error)
        {
            throw new DataException($"{path}, line {error.LineNumber + 1}, byte {error.BytePositionInLine}: not valid JSON: {error.Message}", error);
        }
        catch (InvalidOperationException error)
        {
            throw new DataException($"{path}: a string is not valid Unicode: {error.Message}", error);
        }
    }

    private static string InFolder(string folder)
    {
        foreach (var name in new[] { TokenizerJson.FileName, "tokenizer.model", "vocab.json", "vocab.txt" })
            if (Path.Combine(folder, name) is var path && File.Exists(path)) return path;
        return Directory.EnumerateFiles(folder, "*.tiktoken").Order(StringComparer.Ordinal).FirstOrDefault() ?? Path.Combine(folder, TokenizerJson.FileName);
    }

    // The file that belongs to another: the same name with another end.
    private static string Beside(string path, string end, string other)
    {
        var name = Path.GetFileName(path);
        var prefix = name.EndsWith(end, StringComparison.OrdinalIgnoreCase) ? name[..^end.Length] : "";
        return Path.Combine(Path.GetDirectoryName(path) ?? "", prefix + other);
    }

    private static bool IsObject(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        return bytes.TrimStart(" \t\r\n"u8).StartsWith("{"u8);
    }

    // An object whose values are numbers is a vocabulary.
    private static bool IsTokenizer(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        var reader = new Utf8JsonReader(bytes);
        return !(reader.Read() && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.Read() && reader.TokenType == JsonTokenType.Number);
    }

    private static bool IsRanks(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        var line = (end < 0 ? bytes : bytes[..end]).TrimEnd((byte)'\r');
        var space = line.IndexOf((byte)' ');
        return space > 0 && Base64.IsValid(line[..space]) && Utf8Parser.TryParse(line[(space + 1)..], out int _, out var used) && used == line.Length - space - 1;
    }

    private static Tokenizer ReadGpt2(ReadOnlySpan<byte> vocabularyBytes, string vocabularyPath, string mergesPath)
    {
        if (vocabularyBytes.StartsWith("\uFEFF"u8)) vocabularyBytes = vocabularyBytes[3..];
        var reader = new Utf8JsonReader(vocabularyBytes);
        reader.Read();
        var vocabulary = ModelJson.ReadVocabulary(ref reader, vocabularyPath);
        var merges = new List<(int, int)>();
        var number = 0;
        foreach (var line in File.ReadLines(mergesPath))
        {
            number++;
            if (line.Length == 0 || line.StartsWith("#version", StringComparison.Ordinal)) continue;
            if (line.Split(' ') is not [var first, var second] || vocabulary.Find(first) is not { } left || vocabulary.Find(second) is not { } right)
                throw new DataException($"{mergesPath}, line {number}: expected two tokens of {vocabularyPath} with a space between, found '{(line.Length > 80 ? line[..80] + "…" : line)}'.");
            merges.Add((left, right));
        }
        return new Tokenizer(new TokenizerComponents
        {
            AddedTokens = vocabulary.Find(EndOfText) is null ? [] : [new AddedToken(EndOfText) { Special = true }],
            PreTokenizer = new ByteLevelPreTokenizer(addPrefixSpace: false),
            Model = new BpeModel(vocabulary, merges, new BpeModelOptions(), mergesPath),
            PostProcessor = new ByteLevelProcessing(addPrefixSpace: true, trimOffsets: false),
            Decoder = new ByteLevelDecoder(),
        });
    }

    private static Tokenizer ReadBert(string path)
    {
        var vocabulary = new Vocabulary();
        var number = 0;
        foreach (var line in File.ReadLines(path)) vocabulary.Add(line.TrimEnd(), number++);
        if (vocabulary.Find("[UNK]") is null) throw new DataException($"{path}: '[UNK]' is not in the vocabulary; expected BERT's vocab.txt, a token a line.");
        // A vocabulary that has capitals is for text as it stands.
        var cased = vocabulary.Entries.Any(e => e.Token.Any(char.IsAsciiLetterUpper) && e.Token[0] != '[');
        var (cls, sep) = (vocabulary.Find("[CLS]"), vocabulary.Find("[SEP]"));
        return new Tokenizer(new TokenizerComponents
        {
            AddedTokens = [.. new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }.Where(t => vocabulary.Find(t) is not null).Select(t => new AddedToken(t) { Special = true })],
            Normalizer = new BertNormalizer(lowercase: !cased),
            PreTokenizer = new BertPreTokenizer(),
            Model = new WordPieceModel(vocabulary, "[UNK]", "##", 100),
            PostProcessor = cls is { } c && sep is { } s ? new BertProcessing(("[SEP]", s), ("[CLS]", c)) : null,
            Decoder = new WordPieceDecoder(),
        });
    }
}
