namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>A piece found in normalized text: its length there in bytes, and its id.</summary>
internal readonly record struct Segment(int Length, int Id);
