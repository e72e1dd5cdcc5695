using System.CommandLine;
using System.Text.Json;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Corpus.Collection;
using Loquat.Corpus.Collection.Reading;
using Loquat.Corpus.Shards;
using Loquat.Text.Collection;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat collect SOURCE… --out DIR`: books, pages, posts, mail, tables and dumps as documents.</summary>
internal static class CollectVerb
{
    public static Command Create()
    {
        var sources = new Argument<string[]>("source") { Description = "Files and folders: text, EPUB, PDF, HTML, Markdown, WARC, MediaWiki, RSS, mail, exports of social media, CSV, JSON, Parquet; inside .gz .bz2 .zst .xz .zip .tar too.", Arity = ArgumentArity.OneOrMore }.Checked();
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
        var json = new Option<bool>("--json") { Description = "Print the summary as one JSON object." };
        var verb = new Command("collect", "Collect books, pages, posts, mail, tables and dumps as documents, with a ledger of where each came from.") { sources, output, format, include, exclude, text, id, title, author, date, language, url, license, encoding, threads, quotes, signatures, whole, json };
        verb.WithExamples("""
            loquat collect books/ --out collected
            loquat collect dump.xml.bz2 mail.mbox --cut-quotes --out collected --format parquet
            loquat collect rows.csv.gz --text-field body --out collected
            """);
        verb.SetAction((parsed, cancellation) =>
        {
            var named = parsed.GetValue(sources)!;
            if (Array.Find(named, s => s.StartsWith("http://", StringComparison.Ordinal) || s.StartsWith("https://", StringComparison.Ordinal)) is { } address) throw new OptionsException($"{address} is an address; collect reads files and folders. Save the pages first, for example as WARC with wget --warc-file.");
            var included = parsed.GetValue(include) ?? [];
            var excluded = parsed.GetValue(exclude) ?? [];
            Collect(new CollectionOptions
            {
                Sources = named,
                Folder = parsed.GetValue(output)!,
                Format = parsed.GetValue(format) switch { "jsonl" => ShardFormat.JsonLines, "parquet" => ShardFormat.Parquet, _ => ShardFormat.JsonLinesZstandard },
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
        var summary = Collector.Run(options, null, cancellation);
        var seconds = clock.GetElapsedTime(started).TotalSeconds;
        screen.Fact("documents", $"{summary.Documents:N0} of {summary.Bytes / 1e6:N1} MB in {summary.Shards:N0} shards, {seconds:N1} s, written to {options.Folder}");
        if (summary.Rejected > 0)
        {
            screen.Fact("rejected", $"{summary.Rejected:N0}, listed in {Path.Combine(options.Folder, "rejected.jsonl")}");
            foreach (var (reason, count) in summary.Reasons.Take(10)) screen.Fact("", $"{count:N0} × {reason}");
        }
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(new { documents = summary.Documents, bytes = summary.Bytes, shards = summary.Shards, rejected = summary.Rejected, seconds = Math.Round(seconds, 3) }));
    }
}
