using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts after every so many code points.</summary>
/// <param name="length">1 or more.</param>
public sealed class FixedLengthPreTokenizer(int length = 5) : PreTokenizer
{
    public override void PreTokenize(PreTokenizedText text) => text.Split((piece, pieces) =>
    {
        for (int start = 0, end; start < piece.Text.Length; start = end)
        {
            end = start;
            for (var i = 0; i < length && end < piece.Text.Length; i++) end = CodePoints.After(piece.Text, end);
            pieces.Add(new(piece.Slice(start, end), null));
        }
    });

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "FixedLength");
        json.WriteNumber("length", length);
    }
}
