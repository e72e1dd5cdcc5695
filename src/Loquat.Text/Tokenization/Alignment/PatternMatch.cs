namespace Loquat.Text.Tokenization.Alignment;

/// <summary>A stretch of text that a pattern matches, or one between matches.</summary>
internal readonly record struct PatternMatch(int Start, int End, bool IsMatch);
