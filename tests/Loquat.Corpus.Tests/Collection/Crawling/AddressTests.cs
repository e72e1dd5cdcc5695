using System.Net;
using CsCheck;
using Loquat.Corpus.Collection.Crawling;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Collection.Crawling;

/// <summary>Addresses: how they are written, whose they are, and which may be reached.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("HTTP://Example.ORG:80", "http://example.org/")]
    [InlineData("https://user:word@example.org:443/a/../b/./c#part", "https://example.org/b/c")]
    [InlineData("http://example.org/%7euser/%e2%82%ac?a=%2f", "http://example.org/~user/%E2%82%AC?a=%2F")]
    [InlineData("http://bücher.example/", "http://xn--bcher-kva.example/")]
    [InlineData("http://example.org/?utm_source=a&b=1&fbclid=x&UTM_Medium=c", "http://example.org/?b=1")]
    [InlineData("http://example.org/a;jsessionid=12AB?x", "http://example.org/a?x")]
    [InlineData("http://example.org/?sid=3", "http://example.org/?sid=3")]
    [InlineData("http://example.org/?sid=0123456789abcdef0123", "http://example.org/")]
    [InlineData("http://2130706433/", "http://127.0.0.1/")]
    [InlineData("http://[::1]:8080/x", "http://[::1]:8080/x")]
    [InlineData("ftp://example.org/", null)]
    [InlineData("http:///x", null)]
    [InlineData("http://example.org/a/a/a/a/", null)]
    public void An_address_is_written_in_one_way(string address, string? expected) => WebAddress.Normalize(address).Should().Be(expected);

    [Fact]
    public void Written_again_an_address_stays_as_it_is() => Gen.Char["abAB12%/?&=.;~:@[]#é\\ +"].Array[0, 30].Sample(rest =>
    {
        if (WebAddress.Normalize("http://h.example/" + new string(rest)) is { } once) WebAddress.Normalize(once).Should().Be(once);
    }, iter: 2000, threads: 1);

    [Theory]
    [InlineData("www.example.org", "example.org")]
    [InlineData("a.b.example.co.uk", "example.co.uk")]
    [InlineData("me.github.io", "me.github.io")]
    [InlineData("localhost", "localhost")]
    [InlineData("192.168.1.7", "192.168.1.7")]
    [InlineData("a.example.org:8080", "example.org")]
    public void The_registrable_domain_is_known(string host, string domain) => SiteScope.Registrable(host).Should().Be(domain);

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::10.0.0.1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:db8::1", false)]
    public void Private_addresses_are_told_from_those_of_the_internet(string address, bool isPublic) => PublicAddresses.Contains(IPAddress.Parse(address)).Should().Be(isPublic);

    [Fact]
    public void Private_addresses_are_never_asked()
    {
        using var folder = new TemporaryFolder();
        using var site = new TestSite();
        site.Page("/");
        var run = () => WebCrawler.Run(Crawls.Of(site, folder) with { AllowPrivate = false });
        run.Should().Throw<DataException>().WithMessage("*127.0.0.1*private network*");
        site.Requests.Should().BeEmpty();
    }

    /// <summary>The name is looked up for every connection, and a redirect is a new look-up: an answer that was good once is good for nothing later.</summary>
    [Fact]
    public void A_name_that_leads_to_another_address_later_is_refused_then()
    {
        using var folder = new TemporaryFolder();
        using var site = new TestSite();
        Func<Microsoft.AspNetCore.Http.HttpContext, Task> Closing(Func<Microsoft.AspNetCore.Http.HttpContext, Task> answer) => context =>
        {
            context.Response.Headers.Connection = "close";
            return answer(context);
        };
        var port = new Uri(site.Address).Port;
        site["/"] = Closing(TestSite.Text(TestSite.Html("/", "/rebound")));
        site["/rebound"] = Closing(TestSite.Text(TestSite.Html("secret")));
        site.Otherwise = Closing(context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        var times = 0;
        // The site's robots.txt and its first page come from the address that is allowed here; then the name leads to another.
        var options = Crawls.Of(site, folder) with { Seeds = [$"http://rebind.invalid:{port}/"], AllowPrivate = false, Reaches = a => a.Equals(IPAddress.Loopback), Resolve = (_, _) => Task.FromResult<IPAddress[]>([++times <= 2 ? IPAddress.Loopback : IPAddress.Parse("127.0.0.2")]) };
        var crawl = WebCrawler.Run(options);
        crawl.Kept.Should().Be(1);
        Crawls.ReasonOf(crawl, "/rebound").Should().Contain("127.0.0.2");
        site.Requests.Should().NotContain("/rebound");
    }

    [Fact]
    public void A_seed_s_redirect_leads_to_its_site_but_not_to_a_private_address()
    {
        using var folder = new TemporaryFolder();
        using var site = new TestSite();
        var port = new Uri(site.Address).Port;
        site.Redirect("/", $"http://www.invalid:{port}/home", 301);
        site.Page("/home", "/more");
        site.Page("/more");
        var options = Crawls.Of(site, folder) with { Seeds = [$"http://home.invalid:{port}/"], AllowPrivate = false, Reaches = a => a.Equals(IPAddress.Loopback), Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]) };
        Crawls.Pages(WebCrawler.Run(options)).Should().Equal("/home", "/more");
        site.Redirect("/", "http://127.0.0.3/home");
        using var other = new TemporaryFolder();
        var run = () => WebCrawler.Run(options with { Folder = other.File("x") });
        run.Should().Throw<DataException>().WithMessage("*127.0.0.3*");
    }

    [Fact]
    public void Wrong_options_are_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        var good = new CrawlOptions { Seeds = ["https://example.org"], Folder = folder.File("x") };
        foreach (var (options, message) in ((CrawlOptions, string)[])[(good with { Seeds = [] }, "*address to begin with*"), (good with { Seeds = ["file:///etc"] }, "*no address of a website*"), (good with { Depth = -1 }, "depth is -1*"), (good with { Pages = 0 }, "pages is 0*"), (good with { Contact = "a\nb" }, "the contact*"), (good with { Delay = TimeSpan.FromHours(1) }, "delay is 3600*")])
        {
            var run = () => WebCrawler.Run(options);
            run.Should().Throw<OptionsException>().WithMessage(message);
        }
        Directory.Exists(good.Folder).Should().BeFalse();
    }
}
