namespace Loquat.Corpus.Collection.Reading;

/// <summary>Reads one kind of content.</summary>
internal interface IContentReader
{
    /// <summary>The documents, as they come. What cannot be read of it is told to the context.</summary>
    /// <exception cref="DataException">Nothing more can be read.</exception>
    IEnumerable<Document> Read(Content content, ReadingContext context);
}
