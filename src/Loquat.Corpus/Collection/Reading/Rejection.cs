namespace Loquat.Corpus.Collection.Reading;

/// <summary>A source or a part of one that gave no document.</summary>
/// <param name="Source">As <see cref="Document.Source"/>.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="Place">Where in the source: a record, a line; null for all of it.</param>
public sealed record Rejection(string Source, string Reason, string? Place = null);
