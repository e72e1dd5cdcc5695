namespace Loquat.Corpus.Collection.Reading;

/// <summary>What all readers of a collection share.</summary>
internal sealed class ReadingContext(ReadingOptions options, Action<Rejection> rejected, CancellationToken cancellation = default)
{
    public ReadingOptions Options { get; } = options;

    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>Tells of a part that gives no document; reading goes on.</summary>
    public void Reject(Content content, string reason, string? place = null) => rejected(new(content.Source, reason, place));

    public void Reject(string source, string reason) => rejected(new(source, reason));
}
