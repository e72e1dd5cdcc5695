using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Loquat.Corpus.Preprocessing.Statistics;
using Loquat.Corpus.Preprocessing.Steps;
using Loquat.Corpus.Shards;

namespace Loquat.Corpus.Preprocessing;

/// <summary>
/// One run of a pipeline into a folder. Documents are worked on in groups: each step takes a whole group, with all threads where documents do not depend on one another, then in order. Where a step must have seen
/// every document first (near duplicates), the groups up to it are kept in a temporary file and read again.
/// </summary>
internal sealed class PipelineRun : IDisposable
{
    private const int Samples = 3, SampleLength = 200;

    private readonly string _folder;
    private readonly PipelineOptions _options;
    private readonly PreprocessingStep[] _steps;
    private readonly Counter[] _counters;
    private readonly CancellationToken _cancellation;
    private readonly ParallelOptions _parallel;
    private readonly CorpusStatistics _statistics = new();
    private readonly RankExchange? _exchange;
    private readonly FileStream _ledger;
    private DocumentShardWriter? _shard;
    private int _shards;
    private long _shardCharacters;

    /// <param name="exchange">Where processes share the work; null where this one is alone. All of them go through all documents and decide alike; what takes long, each does for its share of the groups.</param>
    public PipelineRun(string folder, PipelineOptions options, RankExchange? exchange, CancellationToken cancellation)
    {
        (_folder, _options, _exchange, _cancellation) = (folder, options, exchange, cancellation);
        _steps = [.. options.Steps.Select(StepCatalog.Create)];
        _counters = [.. options.Steps.Select(s => new Counter(s.ToString()))];
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Workers, CancellationToken = cancellation };
        _ledger = new FileStream(Path.Combine(folder, PreprocessingFolder.LedgerFile), FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
    }

    /// <summary>A document on its way, and what was done to it.</summary>
    private sealed class Traveler(Document document)
    {
        public string Id { get; } = document.Id;
        public string Source { get; } = document.Source;
        public Document? Document = document;
        public List<string>? Changed;
        public object? Prepared;
        public StepResult Result;
    }

    private sealed class Counter(string step)
    {
        public long In, Out, Changed;
        public readonly SortedDictionary<string, long> Dropped = new(StringComparer.Ordinal);
        public readonly List<StepSample> Samples = [];

        public StepReport Report() => new() { Step = step, DocumentsIn = In, DocumentsOut = Out, Changed = Changed, Dropped = Dropped, Samples = Samples };
    }

    /// <summary>Documents that are worked on together, and what the ledger says of them so far.</summary>
    private sealed record Group(int Number, MemoryStream Ledger)
    {
        public List<Traveler> Travelers { get; set; } = [];

        public List<Document> Documents => [.. Travelers.Select(t => t.Document!)];
    }

    public PreprocessingReport Through(IReadOnlyList<string> inputs, int groupCharacters, string fingerprint, Action<long>? progress)
    {
        var phase = Phases();
        IEnumerable<Group> groups = Groups(inputs.SelectMany(PipelineInput.Read).Select(d => new Traveler(d)), groupCharacters, progress);
        for (var i = 0; i < phase.Count; i++)
        {
            var (first, end) = phase[i];
            if (end == _steps.Length)
            {
                foreach (var batch in groups.Chunk(Batch))
                {
                    Pass(batch, first, end, i);
                    foreach (var group in batch) Finish(group);
                }
                break;
            }
            groups = Kept(groups, first, end, groupCharacters, i);
        }
        _shard?.Complete();
        _shard = null;
        _ledger.Flush(flushToDisk: true);
        return new() { Fingerprint = fingerprint, Steps = [.. _counters.Select(c => c.Report())], Corpus = _statistics.Summarize() };
    }

    // Each process has a group of its own to work on.
    private int Batch => _exchange?.Ranks ?? 1;

    private bool IsWriting => _exchange is null || _exchange.IsOwn(0);

    // From a step that needs all documents, or the beginning, to the next such step.
    private List<(int First, int End)> Phases()
    {
        var phases = new List<(int, int)>();
        var first = 0;
        for (var i = 0; i < _steps.Length; i++)
        {
            if (!_steps[i].NeedsAll) continue;
            phases.Add((first, i));
            first = i;
        }
        phases.Add((first, _steps.Length));
        return phases;
    }

    private IEnumerable<Group> Groups(IEnumerable<Traveler> travelers, int characters, Action<long>? progress)
    {
        var (group, number, size, read) = (new List<Traveler>(), 0, 0L, 0L);
        foreach (var traveler in travelers)
        {
            group.Add(traveler);
            size += traveler.Document!.Text.Length + 64;
            if (size < characters) continue;
            _cancellation.ThrowIfCancellationRequested();
            progress?.Invoke(read += group.Count);
            yield return new(number++, new()) { Travelers = group };
            (group, size) = ([], 0);
        }
        if (group.Count > 0) yield return new(number, new()) { Travelers = group };
    }

    /// <summary>Takes documents up to a step that needs all of them, lets it collect them, and gives them again.</summary>
    private IEnumerable<Group> Kept(IEnumerable<Group> groups, int first, int end, int characters, int number)
    {
        var (path, changes) = (Path.Combine(_folder, $"phase-{number}.jsonl.zst"), new List<string[]?>());
        using (var writer = new DocumentShardWriter(path, ShardFormat.JsonLinesZstandard))
        {
            foreach (var batch in groups.Chunk(Batch))
            {
                Pass(batch, first, end, number);
                Prepare(batch, end, number);
                foreach (var group in batch)
                {
                    Write(group);
                    foreach (var traveler in group.Travelers)
                    {
                        _steps[end].Collect(traveler.Prepared);
                        writer.Write(traveler.Document!);
                        changes.Add(traveler.Changed?.ToArray());
                    }
                }
            }
            writer.Complete();
        }
        var index = 0;
        foreach (var group in Groups(DocumentShards.Read(path).Select(d => new Traveler(d) { Changed = changes[index++]?.ToList() }), characters, null)) yield return group;
        File.Delete(path);
    }

    /// <summary>Takes groups through steps: through those that look at one document alone group by group where this process is alone, and its own group through all of them where there are others.</summary>
    private void Pass(Group[] groups, int first, int end, int phase)
    {
        for (var s = first; s < end; s++)
        {
            if (!_steps[s].IsOrdered && _exchange is not null)
            {
                var behind = s + 1;
                while (behind < end && !_steps[behind].IsOrdered) behind++;
                Share(groups, s, behind, phase);
                s = behind - 1;
                continue;
            }
            if (_steps[s].IsOrdered && !_steps[s].NeedsAll) Prepare(groups, s, phase);
            foreach (var group in groups)
            {
                var (step, counter, travelers) = (_steps[s], _counters[s], group.Travelers);
                var begin = (int)counter.In;
                if (step.IsOrdered)
                    for (var i = 0; i < travelers.Count; i++) travelers[i].Result = step.Decide(travelers[i].Document!, travelers[i].Prepared, begin + i);
                else Parallel.For(0, travelers.Count, _parallel, i => travelers[i].Result = step.Decide(travelers[i].Document!, null, 0));
                Sort(group, step, counter);
            }
        }
    }

    private void Prepare(Group[] groups, int s, int phase)
    {
        var step = _steps[s];
        foreach (var group in Own(groups))
        {
            var travelers = group.Travelers;
            if (_exchange?.IsThere($"{phase}-{s}-prepared-{group.Number}") == true) continue;
            Parallel.For(0, travelers.Count, _parallel, i => travelers[i].Prepared = step.Prepare(travelers[i].Document!));
            _exchange?.Give($"{phase}-{s}-prepared-{group.Number}", writer => travelers.ForEach(t => step.Write(writer, t.Prepared)));
        }
        if (_exchange is null) return;
        foreach (var group in groups)
            _exchange.Take($"{phase}-{s}-prepared-{group.Number}", group.Number, reader =>
            {
                foreach (var traveler in group.Travelers) traveler.Prepared = step.Read(reader);
                return true;
            });
    }

    private IEnumerable<Group> Own(Group[] groups) => groups.Where(g => _exchange?.IsOwn(g.Number) != false);

    // Each process takes its own groups through the steps and tells the others; then all do what was told, in the order of the groups.
    private void Share(Group[] groups, int first, int end, int phase)
    {
        foreach (var group in Own(groups))
        {
            var name = $"{phase}-{first}-{group.Number}";
            if (_exchange!.IsThere(name)) continue;
            _exchange.Give(name, writer =>
            {
                var documents = group.Documents;
                for (var s = first; s < end; s++)
                {
                    var (step, before, results) = (_steps[s], documents, new StepResult[documents.Count]);
                    Parallel.For(0, results.Length, _parallel, i => results[i] = step.Decide(before[i], null, 0));
                    RankedResults.Write(writer, before, results);
                    documents = RankedResults.Left(results);
                }
            });
        }
        foreach (var group in groups)
            _exchange!.Take($"{phase}-{first}-{group.Number}", group.Number, reader =>
            {
                for (var s = first; s < end; s++)
                {
                    var results = RankedResults.Read(reader, group.Documents);
                    for (var i = 0; i < results.Length; i++) group.Travelers[i].Result = results[i];
                    Sort(group, _steps[s], _counters[s]);
                }
                return true;
            });
    }

    private static void Sort(Group group, PreprocessingStep step, Counter counter)
    {
        var left = new List<Traveler>(group.Travelers.Count);
        foreach (var traveler in group.Travelers)
        {
            counter.In++;
            var (before, result) = (traveler.Document!, traveler.Result);
            (traveler.Prepared, traveler.Result) = (null, default);
            if (result.Document is not { } document)
            {
                var reason = result.Reason!;
                var kind = reason.IndexOf(':') is > 0 and var colon ? reason[..colon] : reason;
                counter.Dropped[kind] = counter.Dropped.GetValueOrDefault(kind) + 1;
                if (counter.Samples.Count < Samples) counter.Samples.Add(new(traveler.Id, reason, Excerpt(before.Text), null));
                Write(group.Ledger, traveler, step.Name, reason);
                continue;
            }
            if (result.Parts is { } parts)
            {
                counter.Out += parts.Count;
                counter.Changed++;
                Write(group.Ledger, traveler, step.Name, null, "divided", parts.Count);
                left.AddRange(parts.Select(part => new Traveler(part) { Changed = traveler.Changed?.ToList() }));
                continue;
            }
            counter.Out++;
            if (!ReferenceEquals(document.Text, before.Text) && document.Text != before.Text)
            {
                counter.Changed++;
                (traveler.Changed ??= []).Add(step.Name);
                if (counter.Samples.Count < Samples) counter.Samples.Add(Difference(traveler.Id, before.Text, document.Text));
            }
            traveler.Document = document;
            left.Add(traveler);
        }
        group.Travelers = left;
    }

    private void Write(Group group)
    {
        if (IsWriting) group.Ledger.WriteTo(_ledger);
        group.Ledger.SetLength(0);
    }

    private void Finish(Group group)
    {
        if (!IsWriting) return;
        foreach (var traveler in group.Travelers)
        {
            var document = traveler.Document!;
            if (_shard is not null && _shardCharacters + document.Text.Length > _options.ShardCharacters)
            {
                _shard.Complete();
                _shard = null;
            }
            if (_shard is null)
            {
                _shard = new DocumentShardWriter(Path.Combine(_folder, $"documents-{_shards++:D5}{_options.Format.Extension()}"), _options.Format);
                _shardCharacters = 0;
            }
            _shard.Write(document);
            _shardCharacters += document.Text.Length;
            _statistics.Add(document);
            Write(group.Ledger, traveler, null, null);
        }
        Write(group);
    }

    private static readonly JsonWriterOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static void Write(MemoryStream ledger, Traveler traveler, string? step, string? reason, string? decision = null, int parts = 0)
    {
        using (var json = new Utf8JsonWriter(ledger, _json))
        {
            json.WriteStartObject();
            json.WriteString("id", traveler.Id);
            json.WriteString("source", traveler.Source);
            json.WriteString("decision", decision ?? (step is null ? "kept" : "dropped"));
            if (step is not null) json.WriteString("step", step);
            if (reason is not null) json.WriteString("reason", reason);
            if (parts > 0) json.WriteNumber("parts", parts);
            if (traveler.Changed is { Count: > 0 } changed)
            {
                json.WriteStartArray("changed_by");
                foreach (var name in changed) json.WriteStringValue(name);
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        ledger.WriteByte((byte)'\n');
    }

    private static string Excerpt(string text, int start = 0)
    {
        if (start > 0 && start < text.Length && char.IsLowSurrogate(text[start])) start--;
        var end = Math.Min(text.Length, start + SampleLength);
        if (end < text.Length && char.IsHighSurrogate(text[end - 1])) end--;
        return text[start..end];
    }

    // Both from shortly before where they differ.
    private static StepSample Difference(string id, string before, string after)
    {
        var start = Math.Max(0, before.AsSpan().CommonPrefixLength(after) - 40);
        return new(id, null, Excerpt(before, start), Excerpt(after, Math.Min(start, after.Length)));
    }

    public void Dispose()
    {
        _shard?.Dispose();
        _ledger.Dispose();
    }
}
