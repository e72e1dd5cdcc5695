
namespace Loquat.Text.Tokenization.Alignment;

/// <summary>One token of a model.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Value">Its text as the encoding shows it.</param>
/// <param name="Start">Where it begins in its piece, in UTF-16 units of the normalized text.</param>
/// <param name="End">Where it ends, exclusive.</param>
internal readonly record struct Token(int Id, string Value, int Start, int End);

/// <summary>A part of the text: still to be cut into tokens, or an added token already.</summary>
internal readonly record struct Piece(AlignedText Text, Token? AddedToken);

/// <summary>A text on its way through the pre-tokenizers: pieces in order.</summary>
public sealed class PreTokenizedText
{
    internal PreTokenizedText(AlignedText text) => Pieces = [new(text, null)];

    internal List<Piece> Pieces { get; private set; }

    /// <summary>Cuts each piece that is not a token yet; empty pieces go.</summary>
    internal void Split(Action<AlignedText, List<Piece>> split)
    {
        var pieces = new List<Piece>(Pieces.Count * 2);
        foreach (var piece in Pieces)
        {
            if (piece.AddedToken is not null)
            {
                pieces.Add(piece);
                continue;
            }
            var from = pieces.Count;
            split(piece.Text, pieces);
            if (pieces.Count - from > 0) Compact(pieces, from);
        }
        Pieces = pieces;
    }

    private static void Compact(List<Piece> pieces, int from)
    {
        var kept = from;
        for (var i = from; i < pieces.Count; i++)
            if (pieces[i].AddedToken is not null || pieces[i].Text.Text.Length > 0) pieces[kept++] = pieces[i];
        pieces.RemoveRange(kept, pieces.Count - kept);
    }
}
