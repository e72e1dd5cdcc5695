using System.Text;
using Loquat.Corpus.Collection;
using Loquat.Corpus.Collection.Crawling;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Collection.Crawling;

public sealed class WebCrawlerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestSite _site = new();

    [Fact]
    public void Each_page_of_a_site_is_kept_once()
    {
        _site.Page("/", "a", "/b?utm_source=x&id=1", "b?id=1#part", "/c;jsessionid=0123456789ABCDEF", "/d/./../d/", "https://elsewhere.invalid/", "mailto:a@b.c", "javascript:void(0)");
        _site.Page("/a", "/", "/b?id=1&PHPSESSID=0123456789abcdef");
        _site.Page("/b?id=1");
        _site.Page("/c");
        _site["/d/"] = TestSite.Text($"<base href=\"/e/\">{TestSite.Html("d", "f")}");
        _site.Page("/e/f");
        var crawl = WebCrawler.Run(Crawls.Of(_site, _folder));
        Crawls.Pages(crawl).Should().Equal("/", "/a", "/b?id=1", "/c", "/d/", "/e/f");
        _site.Requests.Should().OnlyHaveUniqueItems();
        crawl.Should().BeEquivalentTo(new { Kept = 6, Asked = 6, Left = 0, Unchanged = 0 });
    }

    [Fact]
    public void Canonical_pages_and_equal_bytes_are_kept_once_and_no_page_is_lost_by_a_wrong_canonical()
    {
        string Of(string name, string canonical, params string[] links) => TestSite.Html(name, links).Replace("</head>", $"<link rel=\"canonical\" href=\"{canonical}\"></head>");
        _site.Page("/", "/print?id=1", "/gone", "/circle1", "/same1", "/same2", "/header", "/other");
        _site["/print?id=1"] = TestSite.Text(Of("print", "/article"));
        _site.Page("/article", "/article?view=2");
        _site["/article?view=2"] = TestSite.Text(Of("view", "/article"));
        _site["/gone"] = TestSite.Text(Of("gone", "/missing"));
        _site["/circle1"] = TestSite.Text(Of("circle1", "/circle2"));
        _site["/circle2"] = TestSite.Text(Of("circle2", "/circle1"));
        _site["/same1"] = _site_Same;
        _site["/same2"] = _site_Same;
        _site["/header"] = TestSite.Text(TestSite.Html("header"), "text/html", ("Link", "</article>; rel=\"canonical\""));
        _site["/other"] = TestSite.Text(Of("other", "https://elsewhere.invalid/"));
        var crawl = WebCrawler.Run(Crawls.Of(_site, _folder));
        Crawls.Pages(crawl).Should().BeEquivalentTo("/", "/article", "/gone", "/circle2", "/same1", "/other");
        crawl.Rejected.Should().HaveCount(6); // /print, ?view, /missing, /circle1, /same2, /header
        Crawls.ReasonOf(crawl, "/same2").Should().Be($"the same bytes as {_site.Address}/same1");
        Crawls.ReasonOf(crawl, "/circle1").Should().Contain("rel=canonical");
    }

    private static readonly Func<Microsoft.AspNetCore.Http.HttpContext, Task> _site_Same = TestSite.Text(TestSite.Html("same"));

    [Fact]
    public void What_pages_ask_of_crawlers_is_done()
    {
        _site["/robots.txt"] = TestSite.Text("User-agent: *\nDisallow: /\n\nUser-agent: loquat\nDisallow: /private\nAllow: /private/open\nCrawl-delay: 3", "text/plain");
        _site.Page("/", "/private/x", "/private/open", "/noindex", "/nofollow", "/headers", "/quiet", "/image", "/mislabeled");
        _site["/"] = TestSite.Text(TestSite.Html("/", "/private/x", "/private/open", "/noindex", "/nofollow", "/headers", "/image", "/mislabeled").Replace("</body>", "<a rel=\"nofollow\" href=\"/unwanted\">x</a></body>"));
        _site.Page("/private/open");
        _site["/noindex"] = TestSite.Text(TestSite.Html("noindex", "/behind-noindex").Replace("</head>", "<meta name=\"robots\" content=\"noindex\"></head>"));
        _site.Page("/behind-noindex");
        _site["/nofollow"] = TestSite.Text(TestSite.Html("nofollow", "/behind-nofollow").Replace("</head>", "<meta name=\"Robots\" content=\"all, NoFollow\"></head>"));
        _site["/headers"] = TestSite.Text(TestSite.Html("headers", "/behind-headers"), "text/html", ("X-Robots-Tag", "otherbot: all"), ("X-Robots-Tag", "loquat: none"));
        _site["/image"] = TestSite.Bytes([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0], "text/html");
        _site["/mislabeled"] = TestSite.Text(TestSite.Html("mislabeled"), "image/png");
        var options = Crawls.Of(_site, _folder) with { Contact = "https://example.org/bot" };
        var crawl = WebCrawler.Run(options);
        Crawls.Pages(crawl).Should().BeEquivalentTo("/", "/private/open", "/nofollow", "/behind-noindex", "/mislabeled");
        _site.Requests.Should().NotContain("/private/x").And.NotContain("/unwanted").And.NotContain("/behind-nofollow").And.NotContain("/behind-headers");
        Crawls.ReasonOf(crawl, "/private/x").Should().Contain("robots.txt");
        Crawls.ReasonOf(crawl, "/noindex").Should().Contain("noindex");
        _site.Agents.Should().OnlyContain(a => a.StartsWith("Loquat/") && a.EndsWith(" (+https://example.org/bot)"));
        ((SkippingClock)options.Clock).Waits.Should().OnlyContain(w => w == TimeSpan.FromSeconds(3), "the site asks for three seconds");
    }

    [Theory]
    [InlineData(404, true)]
    [InlineData(403, true)]
    [InlineData(500, false)]
    [InlineData(429, false)]
    public void A_robots_txt_that_is_not_there_allows_all_and_one_that_cannot_be_had_nothing(int status, bool allows)
    {
        _site["/robots.txt"] = context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        _site.Page("/");
        var run = () => WebCrawler.Run(Crawls.Of(_site, _folder));
        if (allows) run().Kept.Should().Be(1);
        else run.Should().Throw<DataException>().WithMessage($"*robots.txt cannot be had*{status}*");
        _site.Requests.Contains("/").Should().Be(allows);
    }

    [Fact]
    public void A_calendar_without_end_ends_and_takes_nothing_from_near_pages()
    {
        _site.Page("/", "/calendar?month=0", "/calendar/2026/01", "/near");
        _site.Page("/near", "/nearer");
        _site.Page("/nearer");
        _site.Otherwise = context =>
        {
            if (context.Request.Path == "/robots.txt")
            {
                context.Response.StatusCode = 404;
                return Task.CompletedTask;
            }
            var month = int.Parse(context.Request.Query["month"].FirstOrDefault() ?? "0") + 1;
            return TestSite.Text(TestSite.Html($"{context.Request.Path} {month}", $"/calendar?month={month}", $"{context.Request.Path}/{month}", "more/more/"))(context);
        };
        var deep = WebCrawler.Run(Crawls.Of(_site, _folder) with { Depth = 3 });
        deep.Left.Should().Be(0);
        deep.Kept.Should().BeInRange(8, 60);
        using var other = new TemporaryFolder();
        var many = WebCrawler.Run(Crawls.Of(_site, other) with { Pages = 25, Depth = 1000 });
        many.Asked.Should().Be(25);
        many.Left.Should().BePositive();
        Crawls.Pages(many).Should().Contain("/nearer");
    }

    [Fact]
    public void Redirects_are_followed_counted_and_told()
    {
        _site.Page("/", "/moved", "/loop1", "/self", "/chain0", "/away", "/twice");
        _site.Redirect("/moved", "new?utm_campaign=1", 301);
        _site.Redirect("/twice", "/new", 308);
        _site.Page("/new");
        _site.Redirect("/loop1", "/loop2");
        _site.Redirect("/loop2", "/loop3");
        _site.Redirect("/loop3", "/loop1");
        _site.Redirect("/self", "/self");
        for (var i = 0; i < 20; i++) _site.Redirect($"/chain{i}", $"/chain{i + 1}");
        _site.Redirect("/away", "https://elsewhere.invalid/");
        var crawl = WebCrawler.Run(Crawls.Of(_site, _folder));
        Crawls.Pages(crawl).Should().Equal("/", "/new");
        Crawls.ReasonOf(crawl, "/loop3").Should().Contain("circle");
        Crawls.ReasonOf(crawl, "/self").Should().Contain("circle");
        Crawls.ReasonOf(crawl, "/chain10").Should().Contain("more than 10");
        Crawls.ReasonOf(crawl, "/away").Should().Contain("another site");
        _site.Requests.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Bombs_and_bodies_without_end_are_told_and_not_read_to_their_end()
    {
        _site.Page("/", "/bomb", "/endless", "/slow", "/packed");
        _site["/bomb"] = TestSite.Bytes(TestSite.Gzip(new byte[8 << 20]), "text/html", ("Content-Encoding", "gzip"));
        _site["/packed"] = TestSite.Bytes(TestSite.Gzip(Encoding.UTF8.GetBytes(TestSite.Html("packed"))), "text/html", ("Content-Encoding", "gzip"));
        _site["/endless"] = async context =>
        {
            context.Response.ContentType = "text/html";
            while (!context.RequestAborted.IsCancellationRequested) await context.Response.Body.WriteAsync(new byte[1 << 14], context.RequestAborted);
        };
        _site["/slow"] = async context =>
        {
            context.Response.ContentType = "text/html";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync("<p>"u8.ToArray(), context.RequestAborted);
                await Task.Delay(50, context.RequestAborted);
            }
        };
        var crawl = WebCrawler.Run(Crawls.Of(_site, _folder) with { LargestBody = 1 << 20, Timeout = TimeSpan.FromSeconds(3), Retries = 0 });
        Crawls.Pages(crawl).Should().Equal("/", "/packed");
        Crawls.ReasonOf(crawl, "/bomb").Should().Contain("expands");
        Crawls.ReasonOf(crawl, "/endless").Should().Contain("larger than");
        Crawls.ReasonOf(crawl, "/slow").Should().Contain("within 3 s");
    }

    [Fact]
    public void A_host_that_is_busy_is_asked_again_when_it_says()
    {
        var times = new Dictionary<string, int>();
        Func<Microsoft.AspNetCore.Http.HttpContext, Task> Busy(int status, string? after, int busy) => context =>
        {
            var path = context.Request.Path.ToString();
            if ((times[path] = times.GetValueOrDefault(path) + 1) > busy) return TestSite.Text(TestSite.Html(path))(context);
            context.Response.StatusCode = status;
            if (after is not null) context.Response.Headers.RetryAfter = after;
            return Task.CompletedTask;
        };
        _site.Page("/", "/limited", "/broken", "/dead");
        _site["/limited"] = Busy(429, "77", 2);
        _site["/broken"] = Busy(503, null, 3);
        _site["/dead"] = Busy(500, null, 99);
        var options = Crawls.Of(_site, _folder);
        var crawl = WebCrawler.Run(options);
        Crawls.Pages(crawl).Should().Equal("/", "/limited", "/broken");
        Crawls.ReasonOf(crawl, "/dead").Should().Be("HTTP status 500");
        times["/dead"].Should().Be(4);
        var waits = ((SkippingClock)options.Clock).Waits.Select(w => w.TotalSeconds).ToList();
        waits.Count(w => w == 77).Should().Be(2);
        waits.Should().ContainInOrder(2.0, 4.0, 8.0);
    }

    [Fact]
    public void A_host_that_asks_for_too_long_a_wait_or_never_answers_is_left_alone()
    {
        _site.Page("/", "/later", "/more");
        _site["/later"] = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "86400";
            return Task.CompletedTask;
        };
        var crawl = WebCrawler.Run(Crawls.Of(_site, _folder));
        crawl.Rejected.Should().ContainSingle(r => r.Source == _site.Host && r.Reason.Contains("86400 s"));
        crawl.Left.Should().Be(2);
        _site.Requests.Count(r => r == "/later").Should().Be(1);
        using var other = new TemporaryFolder();
        _site.Page("/", [.. Enumerable.Range(0, 50).Select(i => $"/dead/{i}")]);
        _site.Otherwise = context =>
        {
            context.Response.StatusCode = context.Request.Path.StartsWithSegments("/dead") ? 503 : 404;
            return Task.CompletedTask;
        };
        WebCrawler.Run(Crawls.Of(_site, other)).Left.Should().Be(45);
    }

    [Fact]
    public void Wrong_charsets_are_read_by_the_bytes()
    {
        const string Text = "Сегодня утром в городе шёл дождь, и люди спешили на работу под зонтами, не глядя по сторонам; к вечеру небо прояснилось.";
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        string Page(string name, string declared) => $"<html><head><meta charset=\"{declared}\"><title>{name}</title></head><body><p>{Text} {name}</p><p>{Text}</p></body></html>";
        _site.Page("/", "/1251", "/koi8", "/utf8");
        _site["/1251"] = TestSite.Bytes(Encoding.GetEncoding(1251).GetBytes(Page("a", "utf-8")), "text/html; charset=utf-8");
        _site["/koi8"] = TestSite.Bytes(Encoding.GetEncoding("koi8-r").GetBytes(Page("b", "iso-8859-1")), "text/html");
        _site["/utf8"] = TestSite.Bytes(Encoding.UTF8.GetBytes(Page("c", "windows-1252")), "text/html; charset=iso-8859-1");
        var documents = Crawls.Documents(WebCrawler.Run(Crawls.Of(_site, _folder)));
        documents.Skip(1).Should().HaveCount(3).And.OnlyContain(d => d.Text.Contains(Text));
    }

    [Fact]
    public void Sitemaps_give_pages_that_nothing_links_to()
    {
        string Map(string kind, params string[] paths) => $"<?xml version=\"1.0\"?><{kind} xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{string.Concat(paths.Select(p => $"<x><loc> {_site.Address}{p} </loc></x>"))}</{kind}>";
        _site["/robots.txt"] = TestSite.Text($"Sitemap: {_site.Address}/index.xml", "text/plain");
        _site.Page("/");
        _site["/index.xml"] = TestSite.Text(Map("sitemapindex", "/one.xml", "/two.xml.gz", "/index.xml"), "application/xml");
        _site["/one.xml"] = TestSite.Text(Map("urlset", "/a", "/b").Replace("</urlset>", "<x><loc>https://elsewhere.invalid/</loc>"), "text/plain"); // cut short
        _site["/two.xml.gz"] = TestSite.Bytes(TestSite.Gzip(Encoding.UTF8.GetBytes(Map("urlset", "/c"))), "application/octet-stream");
        foreach (var page in (string[])["/a", "/b", "/c"]) _site.Page(page);
        Crawls.Pages(WebCrawler.Run(Crawls.Of(_site, _folder) with { Depth = 1 })).Should().BeEquivalentTo("/", "/a", "/b", "/c");
    }

    [Fact]
    public void A_site_becomes_documents_with_ledger_and_reasons()
    {
        _site.Page("/", "/a", "/missing");
        _site.Page("/a");
        var options = new CollectionOptions { Sources = [$"{_site.Address}/"], Folder = _folder.File("out"), Format = Corpus.Shards.ShardFormat.JsonLines, Crawl = Crawls.Of(_site, _folder) };
        var summary = Collector.Run(options);
        summary.Documents.Should().Be(2);
        summary.Crawl!.Kept.Should().Be(2);
        File.ReadAllLines(_folder.File("out/ledger-00000.jsonl")).Should().HaveCount(2).And.Contain(l => l.Contains($"\"url\":\"{_site.Address}/a\""));
        File.ReadAllText(_folder.File("out/rejected.jsonl")).Should().Contain("/missing").And.Contain("HTTP status 404");
        // Repeated, it is crawled again: a page has come, one has gone.
        _site.Page("/", "/b");
        _site.Page("/b");
        Collector.Run(options).Documents.Should().Be(2);
        File.ReadAllText(_folder.File("out/documents-00000.jsonl")).Should().Contain("/b").And.NotContain("named /a;");
    }

    public void Dispose()
    {
        _site.Dispose();
        _folder.Dispose();
    }
}
