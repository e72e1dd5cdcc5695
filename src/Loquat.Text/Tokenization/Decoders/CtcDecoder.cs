using System.Text.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>Connectionist temporal classification (Graves et al. 2006): repeated tokens are one, padding goes, the delimiter becomes a space.</summary>
public sealed class CtcDecoder(string padToken = "<pad>", string wordDelimiterToken = "|", bool cleanup = true) : Decoder
{
    public override List<string> Decode(List<string> tokens)
    {
        var output = new List<string>(tokens.Count);
        for (var i = 0; i < tokens.Count; i++)
        {
            if (i > 0 && tokens[i] == tokens[i - 1]) continue;
            var token = padToken.Length == 0 ? tokens[i] : tokens[i].Replace(padToken, "", StringComparison.Ordinal);
            if (cleanup)
            {
                token = WordPieceDecoder.CleanUp(token);
                if (wordDelimiterToken.Length > 0) token = token.Replace(wordDelimiterToken, " ", StringComparison.Ordinal);
            }
            if (token.Length > 0) output.Add(token);
        }
        return output;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "CTC");
        json.WriteString("pad_token", padToken);
        json.WriteString("word_delimiter_token", wordDelimiterToken);
        json.WriteBoolean(nameof(cleanup), cleanup);
    }
}
