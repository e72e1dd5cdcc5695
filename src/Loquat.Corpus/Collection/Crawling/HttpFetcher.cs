using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Loquat.Corpus.Collection.Crawling;

/// <summary>Asks for addresses: one request each, no redirects, no cookies, no proxies, bounded in bytes and time, and no connection to an address that must not be reached.</summary>
internal sealed class HttpFetcher : IDisposable
{
    private const int Looked = 512; // bytes that tell a picture from a page

    private readonly CrawlOptions _options;
    private readonly Func<IPAddress, bool> _reaches;
    private readonly HttpClient _client;

    public HttpFetcher(CrawlOptions options)
    {
        _options = options;
        _reaches = options.Reaches ?? (options.AllowPrivate ? _ => true : PublicAddresses.Contains);
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            Credentials = null,
            ConnectCallback = Connect,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 64,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        var headers = _client.DefaultRequestHeaders;
        headers.TryAddWithoutValidation("User-Agent", options.UserAgent);
        headers.TryAddWithoutValidation("Accept", "text/html,application/xhtml+xml,text/*;q=0.9,*/*;q=0.5");
        headers.TryAddWithoutValidation("Accept-Encoding", "gzip, br");
    }

    /// <param name="tag">The ETag of the bytes that are here already.</param>
    /// <param name="modified">Their Last-Modified.</param>
    public Task<HttpAnswer> Get(string address, string? tag, string? modified, CancellationToken cancellation) => Get(address, tag, modified, null, cancellation);

    /// <summary>The first bytes, which are all where there are no more.</summary>
    public Task<HttpAnswer> GetBegin(string address, int bytes, CancellationToken cancellation) => Get(address, null, null, bytes, cancellation);

    private async Task<HttpAnswer> Get(string address, string? tag, string? modified, int? most, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (tag is not null) request.Headers.TryAddWithoutValidation("If-None-Match", tag);
            if (modified is not null) request.Headers.TryAddWithoutValidation("If-Modified-Since", modified);
            if (most is not null) request.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            return await Read(response, most, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return HttpAnswer.None($"no whole answer within {_options.Timeout.TotalSeconds:0.###} s", isPassing: true);
        }
        catch (Exception error) when (Forbidden(error) is { } forbidden)
        {
            return HttpAnswer.None(forbidden.Message, isPassing: false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or SocketException or NotSupportedException)
        {
            var inner = error;
            while (inner.InnerException is not null) inner = inner.InnerException;
            return HttpAnswer.None($"no answer: {inner.Message}", isPassing: inner is not SocketException { SocketErrorCode: SocketError.HostNotFound });
        }
    }

    private async Task<HttpAnswer> Read(HttpResponseMessage response, int? most, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        var headers = new List<(string, string)>();
        foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
            if (!IsOfTheConnection(name)) headers.AddRange(values.Select(value => (name, value.ReplaceLineEndings(" "))));
        HttpAnswer Answer(byte[] body, string? fault) => new(status, response.ReasonPhrase?.ReplaceLineEndings(" ") ?? "", [.. headers, ("Content-Length", $"{body.Length}")], body, fault, status is 429 or 500 or 502 or 503 or 504, Wait(response.Headers.RetryAfter));
        if (status is < 200 or >= 300) return Answer([], null);
        var type = response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() ?? "";
        using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        using var body = new MemoryStream();
        var buffer = new byte[1 << 15];
        var isLooked = most is not null;
        while (true)
        {
            var read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false);
            body.Write(buffer, 0, read);
            if (body.Length >= most) return Answer(body.GetBuffer()[..most.Value], null);
            if (body.Length > _options.LargestBody) return Answer([], $"larger than {_options.LargestBody:N0} bytes");
            if (!isLooked && (read == 0 || body.Length >= Looked))
            {
                isLooked = true;
                if (MediaContent.Is(body.GetBuffer().AsSpan(0, (int)body.Length), type, response.Content.Headers.ContentEncoding.Count > 0)) return Answer([], $"no text: {(type.Length > 0 ? type : "by its first bytes")}");
            }
            if (read == 0) return Answer(body.ToArray(), null);
        }
    }

    // They say how the bytes came, not what they are; and the client undoes chunks.
    private static bool IsOfTheConnection(string name) => name.ToLowerInvariant() is "transfer-encoding" or "connection" or "keep-alive" or "content-length" or "set-cookie" or "trailer" or "upgrade";

    private TimeSpan? Wait(RetryConditionHeaderValue? after) => (after?.Delta ?? (after?.Date is { } date ? date - _options.Clock.GetUtcNow() : null)) is { } wait ? TimeSpan.FromTicks(Math.Max(0, wait.Ticks)) : null;

    /// <summary>Looks a host up and connects to what may be reached of it: what was looked up before, for another request, does not count.</summary>
    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var found = IPAddress.TryParse(host, out var literal) ? [literal] : await _options.Resolve(host, cancellation).ConfigureAwait(false);
        if (found.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        var allowed = found.Where(_reaches).ToArray();
        if (allowed.Length == 0) throw new ForbiddenAddressException($"{host} is {found[0]}, an address of a private network or of this machine; such are asked where that is allowed alone");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static ForbiddenAddressException? Forbidden(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            if (error is ForbiddenAddressException forbidden) return forbidden;
        return null;
    }

    public void Dispose() => _client.Dispose();

    private sealed class ForbiddenAddressException(string message) : IOException(message);
}
