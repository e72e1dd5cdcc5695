namespace Loquat.Corpus.Collection.Crawling;

/// <summary>What came of a request.</summary>
/// <param name="Status">0 where there was no answer.</param>
/// <param name="Headers">Without those of the connection; the length is that of <paramref name="Body"/>.</param>
/// <param name="Body">As sent: content encodings stand.</param>
/// <param name="Fault">Why there is no body, or none to use.</param>
/// <param name="IsPassing">Whether asking again later may help.</param>
/// <param name="Wait">That the host asks for (Retry-After).</param>
internal sealed record HttpAnswer(int Status, string Reason, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, string? Fault, bool IsPassing, TimeSpan? Wait)
{
    public static HttpAnswer None(string fault, bool isPassing) => new(0, "", [], [], fault, isPassing, null);

    public bool IsRedirect => Status is 301 or 302 or 303 or 307 or 308;

    public string? this[string name] => Values(name).FirstOrDefault();

    public IEnumerable<string> Values(string name) => Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);
}
