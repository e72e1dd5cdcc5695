using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;

namespace Loquat.Text.Tokenization.Normalizers;

/// <summary>Puts a text in the place of each match of a pattern.</summary>
public sealed class ReplaceNormalizer : Normalizer
{
    internal ReplaceNormalizer(TextPattern pattern, string content) => (Pattern, Content) = (pattern, content);

    /// <summary>Replaces a literal text.</summary>
    public ReplaceNormalizer(string wanted, string content) : this(new StringPattern(wanted), content) { }

    /// <summary>Replaces each match of a regular expression.</summary>
    /// <exception cref="DataException">The expression is not one.</exception>
    public static ReplaceNormalizer AtRegex(string regex, string content) => new(new RegexPattern(regex, "Replace"), content);

    internal TextPattern Pattern { get; }

    internal string Content { get; }

    public override void Normalize(AlignedText text)
    {
        if (!text.IsAligned && Pattern is StringPattern { Wanted.Length: > 0 } literal)
        {
            text.Change(text.Text.Replace(literal.Wanted, Content, StringComparison.Ordinal));
            return;
        }
        var matches = new List<PatternMatch>();
        Pattern.Find(text.Text, matches);
        text.Replace(matches, Content);
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Replace");
        json.WritePropertyName("pattern");
        Pattern.Write(json);
        json.WriteString("content", Content);
    }
}
