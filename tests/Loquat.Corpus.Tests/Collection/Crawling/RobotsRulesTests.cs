using Loquat.Corpus.Collection.Crawling;

namespace Loquat.Corpus.Tests.Collection.Crawling;

/// <summary>RFC 9309, its examples among them.</summary>
public sealed class RobotsRulesTests
{
    private const string Groups = """
        User-Agent: *
        Disallow: *.gif$
        Disallow: /example/
        Allow: /publications/

        User-Agent: foobot
        Disallow:/
        Allow:/example/page.html
        Allow:/example/allowed.gif

        User-Agent: barbot
        User-Agent: bazbot
        Disallow: /example/page.html

        User-Agent: quxbot
        """;

    // RFC 9309, 5.1.
    [Theory]
    [InlineData("anybot", "/image.gif", false)]
    [InlineData("anybot", "/image.gif?x", true)]
    [InlineData("anybot", "/example/x", false)]
    [InlineData("anybot", "/publications/x", true)]
    [InlineData("foobot", "/", false)]
    [InlineData("FooBot", "/example/page.html", true)]
    [InlineData("foobot", "/example/allowed.gif", true)]
    [InlineData("barbot", "/example/page.html", false)]
    [InlineData("bazbot", "/example/page.html", false)]
    [InlineData("bazbot", "/example/", true)]
    [InlineData("quxbot", "/example/x", true)]
    public void Groups_are_those_of_the_standard(string agent, string path, bool allows) => RobotsRules.Parse(Groups, agent).Allows(path).Should().Be(allows);

    [Theory]
    [InlineData("Allow: /p\nDisallow: /", "/page", true)]
    [InlineData("Allow: /folder\nDisallow: /folder", "/folder/page", true)]
    [InlineData("Allow: /page\nDisallow: /*.htm", "/page.htm", false)]
    [InlineData("Allow: /page\nDisallow: /*.ph", "/page.php5", true)] // as long: what allows
    [InlineData("Allow: /$\nDisallow: /", "/", true)]
    [InlineData("Allow: /$\nDisallow: /", "/page.htm", false)]
    [InlineData("Disallow: /fish*", "/fishheads.html", false)]
    [InlineData("Disallow: /*.php$", "/a.php?x", true)]
    [InlineData("Disallow: /*.php$", "/a.php.php", false)]
    [InlineData("Disallow: /a*b*c$", "/axxbxbxc", false)]
    [InlineData("Disallow: /a*b*c$", "/axxbxbx", true)]
    [InlineData("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", false)]
    [InlineData("Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", false)]
    [InlineData("Disallow: /a%3cd.html", "/a%3Cd.html", false)]
    [InlineData("Disallow:", "/x", true)]
    [InlineData("Disallow: /x # a comment", "/x", false)]
    [InlineData("disallow : /x", "/x", false)]
    [InlineData("Disallow: /robots.txt", "/robots.txt", true)]
    public void The_longest_rule_counts(string rules, string path, bool allows) => RobotsRules.Parse($"\uFEFFuser-agent: *\r\n{rules}", "loquat").Allows(path).Should().Be(allows);

    [Fact]
    public void Groups_of_one_crawler_are_one()
    {
        var rules = RobotsRules.Parse("User-agent: Loquat/1.0 (a comment)\nDisallow: /a\nSitemap: https://example.org/map.xml\n\nUser-agent: other\nDisallow: /\n\nUser-agent: loquat\nCrawl-delay: 2.5\nDisallow: /b", "Loquat");
        rules.Allows("/a").Should().BeFalse();
        rules.Allows("/b").Should().BeFalse();
        rules.Allows("/c").Should().BeTrue();
        rules.Delay.Should().Be(TimeSpan.FromSeconds(2.5));
        rules.Sitemaps.Should().Equal("https://example.org/map.xml");
    }

    [Fact]
    public void A_rule_of_many_stars_takes_no_time() => RobotsRules.Parse($"User-agent: *\nDisallow: /{string.Concat(Enumerable.Repeat("*a", 1000))}b", "loquat").Allows("/" + new string('a', 2000)).Should().BeTrue();
}
