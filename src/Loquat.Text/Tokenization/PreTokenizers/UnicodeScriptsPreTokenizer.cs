using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts where the script changes; a space belongs to the script before it, and the Japanese syllabaries to Han. As in the reference, what stands before the first script goes.</summary>
public sealed class UnicodeScriptsPreTokenizer : PreTokenizer
{
    public override void PreTokenize(PreTokenizedText text) => text.Split((piece, pieces) =>
    {
        var (start, last) = (-1, -1);
        for (int i = 0, next; i < piece.Text.Length; i = next)
        {
            var c = CodePoints.At(piece.Text, i, out next);
            var script = c == ' ' ? -1 : UnicodeTables.Script(c);
            if (script < 0) continue;
            if (script != last)
            {
                if (start >= 0) pieces.Add(new(piece.Slice(start, i), null));
                start = i;
            }
            last = script;
        }
        if (start >= 0) pieces.Add(new(piece.Slice(start, piece.Text.Length), null));
    });

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "UnicodeScripts");
}
