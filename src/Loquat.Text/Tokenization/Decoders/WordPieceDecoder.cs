using System.Text.Json;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>A space before each token that does not continue a word; optionally English spacing is mended.</summary>
public sealed class WordPieceDecoder(string prefix = "##", bool cleanup = true) : Decoder
{
    internal override TokenPlaces? DependsOn => TokenPlaces.First;

    public override List<string> Decode(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (i > 0) tokens[i] = tokens[i].StartsWith(prefix, StringComparison.Ordinal) ? tokens[i][prefix.Length..] : " " + tokens[i];
            if (cleanup) tokens[i] = CleanUp(tokens[i]);
        }
        return tokens;
    }

    internal static string CleanUp(string text) => text.IndexOf(' ') < 0 ? text : text.Replace(" .", ".", StringComparison.Ordinal).Replace(" ?", "?", StringComparison.Ordinal)
        .Replace(" !", "!", StringComparison.Ordinal).Replace(" ,", ",", StringComparison.Ordinal).Replace(" ' ", "'", StringComparison.Ordinal)
        .Replace(" n't", "n't", StringComparison.Ordinal).Replace(" 'm", "'m", StringComparison.Ordinal).Replace(" do not", " don't", StringComparison.Ordinal)
        .Replace(" 's", "'s", StringComparison.Ordinal).Replace(" 've", "'ve", StringComparison.Ordinal).Replace(" 're", "'re", StringComparison.Ordinal);

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "WordPiece");
        json.WriteString(nameof(prefix), prefix);
        json.WriteBoolean(nameof(cleanup), cleanup);
    }
}
