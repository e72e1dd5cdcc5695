using System.Text.Json;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.Pipeline;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts where the script changes; a space belongs to any, and the Japanese syllabaries to Han.</summary>
public sealed class UnicodeScriptsPreTokenizer : PreTokenizer
{
    public override void PreTokenize(PreTokenizedText text) => text.Split((piece, pieces) =>
    {
        var (start, last) = (0, -1);
        for (int i = 0, next; i < piece.Text.Length; i = next)
        {
            var c = CodePoints.At(piece.Text, i, out next);
            var script = c == ' ' ? -1 : UnicodeTables.Script(c);
            if (script < 0) continue;
            if (last >= 0 && script != last)
            {
                pieces.Add(new(piece.Slice(start, i), null));
                start = i;
            }
            last = script;
        }
        pieces.Add(new(piece.Slice(start, piece.Text.Length), null));
    });

    internal override void Write(Utf8JsonWriter json) => json.WriteString("type", "UnicodeScripts");
}
