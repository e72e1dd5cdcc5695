using System.Text;
using Loquat.Text.Tokenization.Models.Unigram;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>The vocabulary in the forms that cutting needs.</summary>
internal sealed class PieceTable
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    public PieceTable(SentencePieceModel model)
    {
        Model = model;
        Bytes = [.. model.Pieces.Select(p => Encoding.UTF8.GetBytes(p.Text))];
        Scores = [.. model.Pieces.Select(p => p.Score)];
        Types = [.. model.Pieces.Select(p => p.Type)];
        for (var id = 0; id < Types.Length; id++)
        {
            _ids[model.Pieces[id].Text] = id;
            if (Types[id] == PieceType.Unknown) UnknownId = id;
            if (Types[id] == PieceType.Byte) ByteIds[SentencePieceModel.ByteOf(model.Pieces[id].Text)!.Value] = id;
        }
        // Only these are found in text; control, unknown and byte pieces are not, however much it looks like them.
        Trie = new(Enumerable.Range(0, Types.Length).Where(InText).Select(id => (Bytes[id], id)));
        UserDefined = Types.Contains(PieceType.UserDefined)
            ? new(Enumerable.Range(0, Types.Length).Where(id => Types[id] == PieceType.UserDefined).Select(id => (Bytes[id], id))) : null;
        CutsBeforeSpace = !model.TreatWhitespaceAsSuffix && model.Normalization.EscapeWhitespaces
            && Enumerable.Range(0, Types.Length).Where(InText).All(id => !HasSpaceAfterOther(Bytes[id]));
    }

    public SentencePieceModel Model { get; }

    public byte[][] Bytes { get; }

    public float[] Scores { get; }

    public PieceType[] Types { get; }

    public int UnknownId { get; }

    public int[] ByteIds { get; } = new int[256];

    public ByteTrie Trie { get; }

    public ByteTrie? UserDefined { get; }

    /// <summary>Whether no piece reaches over the end of a word, so that words are cut one by one: a word is a run of U+2581 and what follows up to the next.</summary>
    public bool CutsBeforeSpace { get; }

    public int? Find(string piece) => _ids.TryGetValue(piece, out var id) ? id : null;

    public bool InText(int id) => Types[id] is PieceType.Normal or PieceType.UserDefined or PieceType.Unused;

    /// <summary>Length of the first word.</summary>
    public static int WordLength(ReadOnlySpan<byte> text)
    {
        var at = 0;
        while (text[at..].StartsWith("\u2581"u8)) at += 3;
        var next = text[at..].IndexOf("\u2581"u8);
        return next < 0 ? text.Length : at + next;
    }

    private static bool HasSpaceAfterOther(ReadOnlySpan<byte> piece)
    {
        while (piece.StartsWith("\u2581"u8)) piece = piece[3..];
        return piece.IndexOf("\u2581"u8) >= 0;
    }
}
