namespace Loquat.Corpus.Preprocessing.Deduplication;

/// <summary>Addresses made alike, so that copies of a page meet.</summary>
public static class Urls
{
    /// <summary>Without scheme, www., fragment, default port and last slash; the host in lower case. What is no address is left as it is.</summary>
    public static string Canonical(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Host.Length == 0) return url;
        var host = uri.IdnHost.ToLowerInvariant();
        if (host.StartsWith("www.", StringComparison.Ordinal)) host = host[4..];
        return (uri.IsDefaultPort ? host : $"{host}:{uri.Port}") + (uri.AbsolutePath.TrimEnd('/') + uri.Query);
    }
}
