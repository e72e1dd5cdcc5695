namespace Loquat.Text.Tokenization;

/// <summary>One way to encode a text, with how likely it is.</summary>
/// <param name="Encoding">The tokens.</param>
/// <param name="Score">Log probability, in nats: the sum of the model's scores of its tokens.</param>
public readonly record struct ScoredEncoding(TokenEncoding Encoding, double Score);
