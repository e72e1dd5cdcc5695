using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Patterns;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>Cuts at a literal text or a regular expression.</summary>
public sealed class SplitPreTokenizer : PreTokenizer
{
    internal SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert) => (Pattern, Behavior, Invert) = (pattern, behavior, invert);

    /// <summary>Cuts at a regular expression (Oniguruma's syntax).</summary>
    /// <exception cref="DataException">The expression cannot be used; the message says where.</exception>
    public static SplitPreTokenizer AtRegex(string regex, SplitBehavior behavior = SplitBehavior.Isolated, bool invert = false) => new(new RegexPattern(regex), behavior, invert);

    /// <summary>Cuts at a literal text.</summary>
    public static SplitPreTokenizer AtText(string text, SplitBehavior behavior = SplitBehavior.Isolated, bool invert = false) => new(new StringPattern(text), behavior, invert);

    internal TextPattern Pattern { get; }

    internal SplitBehavior Behavior { get; }

    /// <summary>Whether what lies between the matches is the delimiter.</summary>
    internal bool Invert { get; }

    public override void PreTokenize(PreTokenizedText text) => text.Split(Pattern, Behavior, Invert);

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Split");
        json.WritePropertyName("pattern");
        Pattern.Write(json);
        json.WriteString("behavior", Behavior.ToString());
        json.WriteBoolean("invert", Invert);
    }
}
