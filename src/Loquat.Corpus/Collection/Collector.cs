using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loquat.Corpus.Collection.Crawling;
using Loquat.Corpus.Collection.Reading;
using Loquat.Corpus.Shards;
using Loquat.Text.Files;

namespace Loquat.Corpus.Collection;

/// <summary>
/// Collects sources into a folder, websites as what a crawl of them keeps: shards of documents (`documents-*`), a ledger of where each came from (`ledger-*.jsonl`), `rejected.jsonl`, and `collection.json`. What a run that was stopped
/// has finished is kept: the next goes on behind it and gives the same bytes as one that was never stopped.
/// </summary>
public static class Collector
{
    /// <summary>The counts of a collection that is whole.</summary>
    public const string SummaryFile = "collection.json";

    private const string CrawlFolder = "crawl";

    private const string State = "collection.state.json";

    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="progress">Told the documents and bytes of text so far.</param>
    /// <param name="crawled">Told the addresses asked for and the pages kept so far.</param>
    /// <exception cref="DataException">A source is not there, no page of a website could be had, or the folder holds another collection.</exception>
    /// <exception cref="MachineException">The disk is full or the place cannot be written.</exception>
    public static CollectionSummary Run(CollectionOptions options, Action<long, long>? progress = null, Action<int, int>? crawled = null, CancellationToken cancellation = default)
    {
        var addresses = options.Sources.Where(WebAddress.Is).ToList();
        foreach (var source in options.Sources.Except(addresses))
            if (!File.Exists(source) && !Directory.Exists(source)) throw new DataException($"{source}: there is no such file or folder.");
        var folder = Path.GetFullPath(options.Folder);
        var crawling = options.Crawl with { Seeds = addresses, Folder = Path.Combine(folder, CrawlFolder) };
        if (addresses.Count > 0) crawling.Check();
        var how = addresses.Count == 0 ? null : $"{crawling.Scope} {crawling.Depth} {crawling.Pages}";
        var settings = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { options.Sources, how, options.Format, options.Reading, Selection = options.Selection?.ToString(), options.ShardBytes, options.ShardDocuments }))));
        var done = Begin(folder, settings);
        var crawl = addresses.Count == 0 ? null : Crawl(folder, crawling, crawled, cancellation);
        var sources = options.Sources.SelectMany(source => !WebAddress.Is(source) ? [source] : source == addresses[0] ? crawl!.Archives.Select(a => Path.Combine(options.Folder, CrawlFolder, Path.GetFileName(a))) : []).ToList();
        var reasons = new Dictionary<string, long>();
        var (documents, bytes, shards, rejected) = (0L, 0L, done.Shards, 0L);
        var rejectedPath = Path.Combine(folder, "rejected.jsonl");
        try
        {
            using (var rejections = new FileStream($"{rejectedPath}.writing", FileMode.Create, FileAccess.Write))
            {
                var reader = new DocumentReader(options.Reading);
                reader.Rejected += Reject;
                foreach (var one in crawl?.Rejected ?? []) Reject(one);
                Shard? shard = null;
                try
                {
                    foreach (var document in sources.SelectMany(source => reader.Read(source, Directory.Exists(source) ? options.Selection : null, cancellation)))
                    {
                        cancellation.ThrowIfCancellationRequested();
                        documents++;
                        bytes += Encoding.UTF8.GetByteCount(document.Text);
                        if (documents % 100 == 0) progress?.Invoke(documents, bytes);
                        if (documents <= done.Documents) continue;
                        shard ??= new Shard(folder, shards, options.Format);
                        shard.Write(document);
                        if (shard.Documents < options.ShardDocuments && shard.Bytes < options.ShardBytes) continue;
                        shard.Complete();
                        (shard, shards) = (null, shards + 1);
                        Save(Path.Combine(folder, State), new Progress(settings, shards, documents));
                    }
                    if (shard is not null)
                    {
                        shard.Complete();
                        (shard, shards) = (null, shards + 1);
                    }
                }
                finally
                {
                    shard?.Dispose();
                }
                rejections.Flush(flushToDisk: true);

                void Reject(Rejection one)
                {
                    rejected++;
                    var reason = one.Reason.Split(':')[0];
                    reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
                    JsonSerializer.Serialize(rejections, one, _json);
                    rejections.WriteByte((byte)'\n');
                }
            }
            File.Move($"{rejectedPath}.writing", rejectedPath, overwrite: true);
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            throw new MachineException($"{folder}: cannot be written: {error.Message} Free some space; the same command goes on from the shards that are whole.", error);
        }
        finally
        {
            File.Delete($"{rejectedPath}.writing");
        }
        var summary = new CollectionSummary(documents, bytes, shards, rejected, [.. reasons.OrderByDescending(r => r.Value).ThenBy(r => r.Key, StringComparer.Ordinal)], crawl);
        Save(Path.Combine(folder, SummaryFile), new { settings, crawl = WebCrawler.LastWhole(crawling.Folder), summary.Documents, summary.Bytes, summary.Shards, summary.Rejected, Reasons = summary.Reasons.ToDictionary() });
        File.Delete(Path.Combine(folder, State));
        return summary;
    }

    /// <summary>Crawls; where a crawl is whole and its pages are not collected yet, they are what is collected.</summary>
    private static CrawlSummary Crawl(string folder, CrawlOptions options, Action<int, int>? progress, CancellationToken cancellation)
    {
        if (WebCrawler.LastWhole(options.Folder) is not (> 0 and var number) || number == CrawlOf(folder)) return WebCrawler.Run(options, progress, cancellation);
        return WebCrawler.Summary(options, number);
    }

    /// <summary>The number of the crawl that the collection is of; 0 where it is not whole.</summary>
    private static int CrawlOf(string folder)
    {
        if (!File.Exists(Path.Combine(folder, SummaryFile))) return 0;
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, SummaryFile)));
        return json.RootElement.TryGetProperty("crawl", out var crawl) && crawl.TryGetInt32(out var number) ? number : 0;
    }

    /// <summary>What a run before has finished of the same collection.</summary>
    private static Progress Begin(string folder, string settings)
    {
        try
        {
            Directory.CreateDirectory(folder);
            if (File.Exists(Path.Combine(folder, State)) && JsonSerializer.Deserialize<Progress>(File.ReadAllText(Path.Combine(folder, State)), _json) is { } progress)
                return progress.Settings == settings ? progress : throw new DataException($"{folder}: a collection of other sources or settings was stopped here. Finish it with its own command, or name another folder.");
            if (Directory.EnumerateFiles(folder, "documents-*").Any(f => !f.EndsWith(".writing", StringComparison.Ordinal)) && !IsOwn(folder, settings)) throw new DataException($"{folder}: there are documents of another collection. Name another folder, or delete it.");
            foreach (var old in Directory.EnumerateFiles(folder, "documents-*").Concat(Directory.EnumerateFiles(folder, "ledger-*")).ToList()) File.Delete(old);
            return new(settings, 0, 0);
        }
        catch (JsonException error)
        {
            throw new DataException($"{folder}: {State} is broken: {error.Message} Delete the folder to begin anew.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MachineException($"{folder}: cannot be written: {error.Message}", error);
        }
    }

    // Shards of a run that was killed before its first state, or that is repeated.
    private static bool IsOwn(string folder, string settings) => !File.Exists(Path.Combine(folder, SummaryFile)) || File.ReadAllText(Path.Combine(folder, SummaryFile)).Contains(settings, StringComparison.Ordinal);

    private static void Save(string path, object value) => AtomicFolder.WriteFile(path, stream => JsonSerializer.Serialize(stream, value, _json));

    private sealed record Progress(string Settings, int Shards, long Documents);

    /// <summary>A shard with its part of the ledger.</summary>
    private sealed class Shard(string folder, int number, ShardFormat format) : IDisposable
    {
        private readonly string _name = $"documents-{number:D5}{format.Extension()}";
        private readonly DocumentShardWriter _documents = new(Path.Combine(folder, $"documents-{number:D5}{format.Extension()}"), format);
        private readonly MemoryStream _ledger = new();

        public int Documents => _documents.Documents;

        public long Bytes => _documents.Bytes;

        public void Write(Document document)
        {
            JsonSerializer.Serialize(_ledger, new LedgerEntry(document.Id, document.Source, _name, _documents.Documents, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(document.Text))), document.License, document.Url, []), _json);
            _ledger.WriteByte((byte)'\n');
            _documents.Write(document);
        }

        public void Complete()
        {
            AtomicFolder.WriteFile(Path.Combine(folder, $"ledger-{number:D5}.jsonl"), stream => _ledger.WriteTo(stream));
            _documents.Complete();
        }

        public void Dispose() => _documents.Dispose();
    }
}

/// <summary>A line of the ledger: where a document came from, and what was decided on it.</summary>
/// <param name="Row">Of the shard, from 0.</param>
/// <param name="Sha256">Of the text in UTF-8, in hexadecimal.</param>
public sealed record LedgerEntry(string Id, string Source, string Shard, int Row, string Sha256, string? License, string? Url, IReadOnlyList<string> Decisions);
