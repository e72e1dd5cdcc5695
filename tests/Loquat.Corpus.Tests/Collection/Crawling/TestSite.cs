using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Loquat.Tests;

/// <summary>A website on this machine: what each path answers, and what was asked for.</summary>
internal sealed class TestSite : IDisposable
{
    private readonly WebApplication _server;
    private readonly Dictionary<string, Func<HttpContext, Task>> _answers = [];

    public TestSite()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.Run(async context =>
        {
            var path = context.Request.Path + context.Request.QueryString.ToString();
            Requests.Enqueue(path);
            Agents.Enqueue(context.Request.Headers.UserAgent.ToString());
            var answer = _answers.GetValueOrDefault(path) ?? Otherwise;
            if (answer is null) context.Response.StatusCode = 404;
            else await answer(context);
        });
        _server.StartAsync().GetAwaiter().GetResult();
        Address = _server.Urls.First();
    }

    public string Address { get; }

    public string Host => Address["http://".Length..];

    /// <summary>Paths with their queries, in the order in which they were asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentQueue<string> Agents { get; } = new();

    /// <summary>Answers what no path of its own does. Default: 404.</summary>
    public Func<HttpContext, Task>? Otherwise { get; set; }

    public Func<HttpContext, Task> this[string path] { set => _answers[path] = value; }

    /// <summary>A page with a paragraph that tells it from others, and links.</summary>
    public static string Html(string name, params string[] links) =>
        $"<!doctype html><html><head><title>{name}</title></head><body><p>This is the page named {name}; it is long enough to be read as the text of an article that somebody wrote.</p>{string.Concat(links.Select(l => $"<a href=\"{l}\">to {l}</a> "))}</body></html>";

    public void Page(string path, params string[] links) => this[path] = Text(Html(path, links));

    public void Redirect(string path, string to, int status = 302) => this[path] = context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Location = to;
        return Task.CompletedTask;
    };

    public static Func<HttpContext, Task> Text(string body, string type = "text/html; charset=utf-8", params (string Name, string Value)[] headers) => Bytes(Encoding.UTF8.GetBytes(body), type, headers);

    public static Func<HttpContext, Task> Bytes(byte[] body, string type, params (string Name, string Value)[] headers) => async context =>
    {
        context.Response.ContentType = type;
        foreach (var (name, value) in headers) context.Response.Headers[name] = value;
        await context.Response.Body.WriteAsync(body);
    };

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    public void Dispose()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        _server.StopAsync(soon.Token).ConfigureAwait(false).GetAwaiter().GetResult();
        ((IDisposable)_server).Dispose();
    }
}
