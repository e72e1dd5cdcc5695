using Loquat.Corpus.Collection.Crawling;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Collection.Crawling;

/// <summary>Crawls that were stopped, and crawls that are repeated.</summary>
public sealed class ResumedCrawlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestSite _site = new();

    [Fact]
    public void Stopped_anywhere_it_loses_and_doubles_nothing()
    {
        const int Pages = 60;
        _site.Page("/", [.. Enumerable.Range(0, Pages).Where(i => i % 7 == 0).Select(i => $"/{i}")]);
        for (var i = 0; i < Pages; i++) _site.Page($"/{i}", $"/{(i + 1) % Pages}", $"/{i * 13 % Pages}", "/old");
        _site.Redirect("/old", "/");
        var whole = Crawls.Pages(WebCrawler.Run(Crawls.Of(_site, _folder)));
        whole.Should().HaveCount(Pages + 1);
        var random = new Random(3);
        for (var round = 0; round < LongTests.Rounds(4, 100); round++)
        {
            using var other = new TemporaryFolder();
            while (true)
            {
                using var stop = new CancellationTokenSource();
                var left = random.Next(1, 30);
                try
                {
                    var crawl = WebCrawler.Run(Crawls.Of(_site, other), (_, _) => { if (--left == 0) stop.Cancel(); }, stop.Token);
                    Crawls.Pages(crawl).Should().Equal(whole);
                    break;
                }
                catch (OperationCanceledException)
                {
                    // What a kill leaves: a part of a line, and of a record that no line tells of.
                    using (var journal = File.AppendText(Directory.GetFiles(other.File("crawl"), "*.jsonl").Single())) journal.Write("{\"page\":{\"addr");
                    foreach (var archive in Directory.GetFiles(other.File("crawl"), "*.gz")) File.AppendAllText(archive, "half of a record");
                }
            }
        }
    }

    [Fact]
    public void Repeated_it_is_sent_what_changed_alone()
    {
        Func<Microsoft.AspNetCore.Http.HttpContext, Task> Tagged(string body, string tag) => context =>
        {
            context.Response.Headers.ETag = tag;
            if (context.Request.Headers.IfNoneMatch != tag) return TestSite.Text(body)(context);
            context.Response.StatusCode = 304;
            return Task.CompletedTask;
        };
        _site["/"] = Tagged(TestSite.Html("/", "/dated", "/changed", "/gone"), "\"1\"");
        _site["/dated"] = context =>
        {
            context.Response.Headers.LastModified = "Thu, 01 Jan 2026 00:00:00 GMT";
            if (context.Request.Headers.IfModifiedSince.Count == 0) return TestSite.Text(TestSite.Html("dated"))(context);
            context.Response.StatusCode = 304;
            return Task.CompletedTask;
        };
        _site["/changed"] = Tagged(TestSite.Html("before"), "\"2\"");
        _site.Page("/gone");
        var first = Crawls.Documents(WebCrawler.Run(Crawls.Of(_site, _folder)));
        _site["/changed"] = Tagged(TestSite.Html("after"), "\"3\"");
        _site["/gone"] = TestSite.Text("");
        var crawl = WebCrawler.Run(Crawls.Of(_site, _folder));
        crawl.Should().BeEquivalentTo(new { Kept = 3, Unchanged = 2 });
        var second = Crawls.Documents(crawl);
        second.Select(d => new Uri(d.Url!).AbsolutePath).Should().Equal("/", "/dated", "/changed");
        second.Take(2).Select(d => d.Text).Should().Equal(first.Take(2).Select(d => d.Text));
        second[2].Text.Should().Contain("after");
        Directory.GetFiles(_folder.File("crawl")).Should().HaveCount(2, "the archive before and its frontier are gone");
        WebCrawler.Run(Crawls.Of(_site, _folder)).Unchanged.Should().Be(3);
    }

    [Fact]
    public void Another_crawl_is_not_mixed_with_one_that_was_stopped()
    {
        _site.Page("/", "/a");
        _site.Page("/a");
        using var stop = new CancellationTokenSource();
        var run = () => WebCrawler.Run(Crawls.Of(_site, _folder), (_, _) => stop.Cancel(), stop.Token);
        run.Should().Throw<OperationCanceledException>();
        var other = () => WebCrawler.Run(Crawls.Of(_site, _folder, "/a"));
        other.Should().Throw<DataException>().WithMessage("*another scope or depth*");
    }

    public void Dispose()
    {
        _site.Dispose();
        _folder.Dispose();
    }
}
