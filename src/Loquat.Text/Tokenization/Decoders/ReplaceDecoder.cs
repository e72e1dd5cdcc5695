using System.Text;
using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>Puts a text in the place of each match of a pattern, token by token.</summary>
public sealed class ReplaceDecoder : Decoder
{
    internal ReplaceDecoder(TextPattern pattern, string content) => (Pattern, Content) = (pattern, content);

    internal TextPattern Pattern { get; }

    internal string Content { get; }

    internal override TokenPlaces? DependsOn => TokenPlaces.None;

    public override List<string> Decode(List<string> tokens)
    {
        var matches = new List<PatternMatch>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (Pattern is StringPattern { Wanted.Length: > 0 } text)
            {
                tokens[i] = tokens[i].Replace(text.Wanted, Content, StringComparison.Ordinal);
                continue;
            }
            matches.Clear();
            Pattern.Find(tokens[i], matches);
            if (!matches.Exists(m => m.IsMatch)) continue;
            var builder = new StringBuilder();
            foreach (var (start, end, isMatch) in matches)
                if (isMatch) builder.Append(Content);
                else builder.Append(tokens[i], start, end - start);
            tokens[i] = builder.ToString();
        }
        return tokens;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Replace");
        json.WritePropertyName("pattern");
        Pattern.Write(json);
        json.WriteString("content", Content);
    }
}
