using System.Text;
using Loquat.Text.Tokenization.Normalizers;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>What a piece is for; the numbers are those of the file.</summary>
public enum PieceType { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 }

/// <summary>How a model cuts text; the numbers are those of the file.</summary>
public enum SentencePieceAlgorithm { Unigram = 1, Bpe = 2, Word = 3, Character = 4 }

/// <summary>One piece of the vocabulary; its id is its place.</summary>
public readonly record struct VocabularyPiece(string Text, float Score, PieceType Type);

/// <summary>How text is changed before it is cut.</summary>
public sealed record SentencePieceNormalization
{
    public string Name { get; init; } = "";

    /// <summary>The compiled character map: replacements of character sequences. Empty for none.</summary>
    public ReadOnlyMemory<byte> PrecompiledCharsMap { get; init; }

    /// <summary>Whether a text begins with a space that is not in it. Default true.</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Whether leading, trailing and repeated spaces go. Default true.</summary>
    public bool RemoveExtraWhitespaces { get; init; } = true;

    /// <summary>Whether a space is written as U+2581. Default true.</summary>
    public bool EscapeWhitespaces { get; init; } = true;
}

/// <summary>The content of a sentencepiece <c>.model</c> file.</summary>
/// <remarks>Source: sentencepiece_model.proto of the sentencepiece project, field numbers as there.</remarks>
public sealed record SentencePieceModel
{
    public required IReadOnlyList<VocabularyPiece> Pieces { get; init; }

    public SentencePieceAlgorithm Algorithm { get; init; } = SentencePieceAlgorithm.Unigram;

    public SentencePieceNormalization Normalization { get; init; } = new();

    /// <summary>Applied to decoded text; null for none.</summary>
    public SentencePieceNormalization? Denormalization { get; init; }

    /// <summary>Whether a character outside the vocabulary becomes its UTF-8 bytes. Default false.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether the space belongs to the word before it. Default false.</summary>
    public bool TreatWhitespaceAsSuffix { get; init; }

    /// <summary>What an unknown piece decodes to.</summary>
    public string UnknownSurface { get; init; } = " \u2047 ";

    /// <summary>Reads a file.</summary>
    /// <exception cref="DataException">The file is not there or damaged; the message names the byte.</exception>
    public static SentencePieceModel Load(string path)
    {
        try
        {
            return Read(File.ReadAllBytes(path), path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Reads the bytes of a file; <paramref name="source"/> is what errors call it.</summary>
    public static SentencePieceModel Read(ReadOnlySpan<byte> bytes, string source)
    {
        var model = new SentencePieceModel { Pieces = [] };
        var pieces = new List<VocabularyPiece>();
        var reader = new ProtobufReader(bytes, source);
        while (reader.Next(out var field))
            switch (field)
            {
                case 1: pieces.Add(ReadPiece(reader.Message(), pieces.Count)); break;
                case 2: model = ReadTrainer(reader.Message(), model); break;
                case 3: model = model with { Normalization = ReadNormalization(reader.Message(), source) }; break;
                case 5: model = model with { Denormalization = ReadNormalization(reader.Message(), source) }; break;
                default: reader.Skip(); break;
            }
        model = model with { Pieces = pieces };
        model.Check(source);
        return model;
    }

    private void Check(string source)
    {
        if (Pieces.Count == 0) throw new DataException($"{source}: no pieces; this is not a sentencepiece model");
        if (!Enum.IsDefined(Algorithm)) throw new DataException($"{source}: model type {(int)Algorithm}; expected 1 (unigram), 2 (BPE), 3 (word) or 4 (character)");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var id = 0; id < Pieces.Count; id++)
        {
            var piece = Pieces[id];
            if (piece.Text.Length == 0) throw new DataException($"{source}: piece {id} is empty");
            if (!Enum.IsDefined(piece.Type)) throw new DataException($"{source}: piece {id} '{piece.Text}' has the type {(int)piece.Type}; expected 1 to 6");
            if (!float.IsFinite(piece.Score)) throw new DataException($"{source}: piece {id} '{piece.Text}' has the score {piece.Score}");
            if (!seen.Add(piece.Text)) throw new DataException($"{source}: piece {id} '{piece.Text}' is there twice");
            if (piece.Type == PieceType.Byte && ByteOf(piece.Text) is null) throw new DataException($"{source}: byte piece {id} '{piece.Text}' is not of the form <0x00> to <0xFF>");
        }
        if (Pieces.Count(p => p.Type == PieceType.Unknown) != 1) throw new DataException($"{source}: expected exactly one unknown piece, found {Pieces.Count(p => p.Type == PieceType.Unknown)}");
        if (ByteFallback && Pieces.Count(p => p.Type == PieceType.Byte) != 256)
            throw new DataException($"{source}: byte fallback needs 256 byte pieces, found {Pieces.Count(p => p.Type == PieceType.Byte)}");
    }

    internal static byte? ByteOf(string piece) =>
        piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) && piece[5] == '>' && byte.TryParse(piece.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) ? value : null;

    private static VocabularyPiece ReadPiece(ProtobufReader reader, int id)
    {
        var (text, score, type) = ("", 0f, PieceType.Normal);
        while (reader.Next(out var field))
            switch (field)
            {
                case 1: text = Text(ref reader, $"piece {id}"); break;
                case 2: score = reader.Float(); break;
                case 3: type = (PieceType)(int)Math.Min(reader.Integer(), 1000); break;
                default: reader.Skip(); break;
            }
        return new(text, score, type);
    }

    private static SentencePieceModel ReadTrainer(ProtobufReader reader, SentencePieceModel model)
    {
        while (reader.Next(out var field))
            switch (field)
            {
                case 3: model = model with { Algorithm = (SentencePieceAlgorithm)(int)Math.Min(reader.Integer(), 1000) }; break;
                case 24: model = model with { TreatWhitespaceAsSuffix = reader.Integer() != 0 }; break;
                case 35: model = model with { ByteFallback = reader.Integer() != 0 }; break;
                case 44: model = model with { UnknownSurface = Text(ref reader, "the unknown surface") }; break;
                default: reader.Skip(); break;
            }
        return model;
    }

    private static SentencePieceNormalization ReadNormalization(ProtobufReader reader, string source)
    {
        var spec = new SentencePieceNormalization();
        while (reader.Next(out var field))
            switch (field)
            {
                case 1: spec = spec with { Name = Text(ref reader, "the normalizer's name") }; break;
                case 2: spec = spec with { PrecompiledCharsMap = reader.Bytes().ToArray() }; break;
                case 3: spec = spec with { AddDummyPrefix = reader.Integer() != 0 }; break;
                case 4: spec = spec with { RemoveExtraWhitespaces = reader.Integer() != 0 }; break;
                case 5: spec = spec with { EscapeWhitespaces = reader.Integer() != 0 }; break;
                default: reader.Skip(); break;
            }
        _ = CharsMap.Read(spec.PrecompiledCharsMap, source);
        return spec;
    }

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private static string Text(ref ProtobufReader reader, string what)
    {
        var bytes = reader.Bytes();
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw reader.Damaged($"{what} is not valid UTF-8");
        }
    }
}
