using System.CommandLine;
using System.Text.Json;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Corpus.Collection;
using Loquat.Corpus.Collection.Crawling;
using Loquat.Corpus.Collection.Reading;
using Loquat.Corpus.Shards;
using Loquat.Text.Collection;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat collect SOURCE… --out DIR`: books, pages, websites, posts, mail, tables and dumps as documents.</summary>
internal static class CollectVerb
{
    public static Command Create()
    {
        var sources = new Argument<string[]>("source") { Description = "Files and folders: text, EPUB, PDF, HTML, Markdown, WARC, MediaWiki, RSS, mail, exports of social media, CSV, JSON, Parquet; inside .gz .bz2 .zst .xz .zip .tar too. And addresses of websites (https://…), which are crawled.", Arity = ArgumentArity.OneOrMore }.Checked();
        var output = PathOption.Required("--out", "The folder to write.");
        var format = ChoiceOption.WithDefault("--format", "Of the shards. Default: jsonl.zst.", "jsonl.zst", "jsonl.zst", "jsonl", "parquet");
        var include = new Option<string[]>("--include") { Description = "Of folders, only files that fit this pattern, such as *.epub or books/**. May be given several times." };
        var exclude = new Option<string[]>("--exclude") { Description = "Of folders, no files that fit this pattern. May be given several times." };
        var text = new Option<string?>("--text-field") { Description = "The column or key that holds the text of tables and records; a path with dots, or the number of a column from 1." };
        var id = new Option<string?>("--id-field") { Description = "The column or key that names a record." };
        var title = new Option<string?>("--title-field") { Description = "The column or key of the title." };
        var author = new Option<string?>("--author-field") { Description = "The column or key of the author." };
        var date = new Option<string?>("--date-field") { Description = "The column or key of the date." };
        var language = new Option<string?>("--language-field") { Description = "The column or key of the language." };
        var url = new Option<string?>("--url-field") { Description = "The column or key of the address." };
        var license = new Option<string?>("--license-field") { Description = "The column or key of the license." };
        var encoding = new Option<string?>("--encoding") { Description = "The encoding of all text. Default: found for each source." };
        var threads = new Option<bool>("--join-threads") { Description = "Make one document of the posts of a thread." };
        var quotes = new Option<bool>("--cut-quotes") { Description = "Cut quoted replies from messages." };
        var signatures = new Option<bool>("--cut-signatures") { Description = "Cut signatures from messages." };
        var whole = new Option<bool>("--whole-pages") { Description = "Keep all text of HTML pages, not their main text alone." };
        var scope = ChoiceOption.Optional("--scope", "Of websites: the same host, or all hosts of the domain. Default: host.", "host", "domain");
        var depth = NumberOption.Optional<int>("--depth", "Of websites: links from an address to a page, at the most. Default: 8.");
        var pages = NumberOption.Optional<int>("--pages", "Of websites: pages that are asked for, at the most. Default: 1000.");
        var delay = NumberOption.Optional<double>("--delay", "Of websites: seconds between two requests to a host; robots.txt may ask for more. Default: 1.");
        var contact = new Option<string?>("--contact") { Description = "Of websites: an address of the web or of mail at which you can be reached; it goes into the User-Agent." };
        var allowPrivate = new Option<bool>("--allow-private") { Description = "Of websites: ask for addresses of private networks and of this machine too." };
        var json = new Option<bool>("--json") { Description = "Print the summary as one JSON object." };
        var verb = new Command("collect", "Collect books, pages, websites, posts, mail, tables and dumps as documents, with a ledger of where each came from.") { sources, output, format, include, exclude, text, id, title, author, date, language, url, license, encoding, threads, quotes, signatures, whole, scope, depth, pages, delay, contact, allowPrivate, json };
        verb.WithExamples("""
            loquat collect books/ --out collected
            loquat collect dump.xml.bz2 mail.mbox --cut-quotes --out collected --format parquet
            loquat collect rows.csv.gz --text-field body --out collected
            loquat collect https://example.org --contact you@example.org --pages 500 --out collected
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var named = parsed.GetValue(sources)!;
            if (!named.Any(s => s.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || s.StartsWith("https://", StringComparison.OrdinalIgnoreCase)))
                foreach (var option in (Option[])[scope, depth, pages, delay, contact, allowPrivate])
                    if (parsed.GetResult(option) is { Implicit: false }) throw new OptionsException($"{option.Name} is for websites, and there is none among the sources: name one as https://example.org, or leave the option out.");
            var crawl = new CrawlOptions();
            if (parsed.GetValue(delay) is { } seconds && !(seconds >= 0 && seconds <= crawl.LongestWait.TotalSeconds)) throw new OptionsException($"--delay is {seconds}; it must be from 0 to {crawl.LongestWait.TotalSeconds} seconds.");
            var included = parsed.GetValue(include) ?? [];
            var excluded = parsed.GetValue(exclude) ?? [];
            Collect(new CollectionOptions
            {
                Sources = named,
                Folder = parsed.GetValue(output)!,
                Format = parsed.GetValue(format) switch { "jsonl" => ShardFormat.JsonLines, "parquet" => ShardFormat.Parquet, _ => ShardFormat.JsonLinesZstandard },
                Crawl = crawl with
                {
                    Scope = parsed.GetValue(scope) == "domain" ? CrawlScope.Domain : CrawlScope.Host,
                    Depth = parsed.GetValue(depth) ?? crawl.Depth,
                    Pages = parsed.GetValue(pages) ?? crawl.Pages,
                    Delay = parsed.GetValue(delay) is { } pause ? TimeSpan.FromSeconds(pause) : crawl.Delay,
                    Contact = parsed.GetValue(contact),
                    AllowPrivate = parsed.GetValue(allowPrivate),
                },
                Selection = included.Length + excluded.Length > 0 ? new TextFileSelection(included, excluded) : null,
                Reading = new ReadingOptions
                {
                    TextField = parsed.GetValue(text),
                    IdField = parsed.GetValue(id),
                    TitleField = parsed.GetValue(title),
                    AuthorField = parsed.GetValue(author),
                    DateField = parsed.GetValue(date),
                    LanguageField = parsed.GetValue(language),
                    UrlField = parsed.GetValue(url),
                    LicenseField = parsed.GetValue(license),
                    Encoding = parsed.GetValue(encoding),
                    JoinThreads = parsed.GetValue(threads),
                    CutQuotes = parsed.GetValue(quotes),
                    CutSignatures = parsed.GetValue(signatures),
                    WholePages = parsed.GetValue(whole),
                },
            }, parsed.GetValue(json), cancellation);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static void Collect(CollectionOptions options, bool json, CancellationToken cancellation)
    {
        var clock = TimeProvider.System;
        var screen = new Screen(clock);
        var started = clock.GetTimestamp();
        var last = 0;
        var summary = Collector.Run(options, null, (asked, kept) =>
        {
            if (asked / 100 > last / 100) screen.Fact("crawling", $"{asked:N0} addresses asked for, {kept:N0} pages kept");
            last = asked;
        }, cancellation);
        var seconds = clock.GetElapsedTime(started).TotalSeconds;
        screen.Fact("documents", $"{summary.Documents:N0} of {summary.Bytes / 1e6:N1} MB in {summary.Shards:N0} shards, {seconds:N1} s, written to {options.Folder}");
        if (summary.Crawl is { } crawl)
        {
            screen.Fact("crawled", $"{crawl.Kept:N0} pages of {crawl.Asked:N0} addresses asked for{(crawl.Unchanged > 0 ? $", {crawl.Unchanged:N0} of them unchanged" : "")}");
            if (crawl.Left > 0) screen.Fact("", $"{crawl.Left:N0} more are known: --pages and --depth are the limits");
        }
        if (summary.Rejected > 0)
        {
            screen.Fact("rejected", $"{summary.Rejected:N0}, listed in {Path.Combine(options.Folder, "rejected.jsonl")}");
            foreach (var (reason, count) in summary.Reasons.Take(10)) screen.Fact("", $"{count:N0} × {reason}");
        }
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(new { documents = summary.Documents, bytes = summary.Bytes, shards = summary.Shards, rejected = summary.Rejected, crawl = summary.Crawl is { } c ? new { kept = c.Kept, unchanged = c.Unchanged, asked = c.Asked, left = c.Left } : null, seconds = Math.Round(seconds, 3) }));
    }
}
