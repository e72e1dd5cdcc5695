using System.Text;
using System.Text.Json;
using Loquat.Corpus.Preprocessing.Statistics;
using Loquat.Corpus.Preprocessing.Steps;
using Loquat.Corpus.Shards;
using Loquat.Text.Files;

namespace Loquat.Corpus.Preprocessing;

/// <summary>What a <see cref="Pipeline"/> reads, does and writes.</summary>
public sealed record PipelineOptions
{
    /// <summary>Files of documents or text, and folders of them.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>In the order in which documents go through them.</summary>
    public required IReadOnlyList<StepSettings> Steps { get; init; }

    /// <summary>The folder that is written, whole or not at all.</summary>
    public required string Output { get; init; }

    /// <summary>Default: JSON lines, compressed.</summary>
    public ShardFormat Format { get; init; } = ShardFormat.JsonLinesZstandard;

    /// <summary>Characters of a shard. Default: 64 Mi.</summary>
    public long ShardCharacters { get; init; } = 64 << 20;

    /// <summary>Threads; the result does not depend on it. Default: one a core.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Which of several processes this is, all with the same options and an output in a folder that they share (<see cref="Launcher.Find"/>). Each works on its share of the documents; process 0 writes. The result does not
    /// depend on how many there are. Default: alone.
    /// </summary>
    public Launcher Launcher { get; init; } = Launcher.None;

    /// <summary>Characters of documents that are worked on together.</summary>
    internal int GroupCharacters { get; init; } = 8 << 20;
}

/// <summary>
/// Takes documents through steps and writes what is left, with a ledger of what became of each document and a report. Documents keep their order; whatever the number of threads, the same bytes are written.
/// </summary>
public sealed class Pipeline
{
    private readonly PipelineOptions _options;

    /// <exception cref="OptionsException">A step or a setting is not known or cannot be.</exception>
    public Pipeline(PipelineOptions options)
    {
        _options = options;
        if (options.Workers < 1) throw new OptionsException($"{options.Workers} threads: it must be 1 or more.");
        if (options.ShardCharacters < 1) throw new OptionsException($"shards of {options.ShardCharacters} characters: it must be 1 or more.");
        if (options.Steps.Count == 0) throw new OptionsException("preprocessing needs steps: --steps repair,gopher_quality,near_dedup, or a recipe.");
        foreach (var step in options.Steps) StepCatalog.Create(step);
    }

    /// <summary>Runs the steps, or finds them done: the same steps over unchanged inputs are not repeated.</summary>
    /// <param name="progress">Told the number of documents read, now and then.</param>
    /// <returns>The report, and whether it was there already. Processes other than 0 know no statistics of the corpus.</returns>
    /// <exception cref="DataException">An input cannot be read.</exception>
    public (PreprocessingReport Report, bool Done) Run(Action<long>? progress = null, CancellationToken cancellation = default)
    {
        var inputs = PipelineInput.Find(_options.Inputs);
        var fingerprint = PipelineInput.Fingerprint(inputs, _options.Steps, _options.Format, _options.ShardCharacters);
        var known = PreprocessingFolder.ReadReport(_options.Output);
        if (known?.Fingerprint == fingerprint) return (known, true);
        if (known is null && Directory.Exists(_options.Output) && Directory.EnumerateFileSystemEntries(_options.Output).Any())
            throw new OptionsException($"--out {_options.Output} is a folder that preprocessing did not write. Name another, or an empty one.");
        var output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(_options.Output));
        using var exchange = _options.Launcher.Ranks == 1 ? null : Exchange($"{output}.ranks-{fingerprint[..8]}-{_options.Launcher.Ranks}", cancellation);
        try
        {
            return (Run(inputs, fingerprint, exchange, progress, cancellation), false);
        }
        catch (Exception error)
        {
            exchange?.Stop(error is OperationCanceledException ? "it was interrupted." : error.Message);
            throw;
        }
    }

    private PreprocessingReport Run(IReadOnlyList<string> inputs, string fingerprint, RankExchange? exchange, Action<long>? progress, CancellationToken cancellation)
    {
        PreprocessingReport? report = null;
        if (_options.Launcher.Rank != 0)
        {
            using var helper = new PipelineRun(exchange!.OwnFolder, _options, exchange, cancellation);
            report = helper.Through(inputs, _options.GroupCharacters, fingerprint, progress);
            exchange.Finish();
            return report;
        }
        AtomicFolder.Write(_options.Output, folder =>
        {
            using var run = new PipelineRun(folder, _options, exchange, cancellation);
            report = run.Through(inputs, _options.GroupCharacters, fingerprint, progress);
            PreprocessingFolder.WriteReport(folder, report);
            exchange?.Finish();
        });
        exchange?.Delete();
        return report!;
    }

    private RankExchange Exchange(string folder, CancellationToken cancellation)
    {
        try
        {
            return new(folder, _options.Launcher, TimeProvider.System, cancellation);
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            throw new MachineException($"{folder}: cannot be written: {error.Message} The processes share it; name an --out in a folder that all of them see.", error);
        }
    }
}

/// <summary>The files beside the shards of a folder that preprocessing wrote.</summary>
public static class PreprocessingFolder
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public const string ReportFile = "report.json", CardFile = "report.html", LedgerFile = "ledger.jsonl";

    /// <summary>The report of a folder; null where there is none.</summary>
    public static PreprocessingReport? ReadReport(string folder)
    {
        try
        {
            return JsonSerializer.Deserialize<PreprocessingReport>(File.ReadAllBytes(Path.Combine(folder, ReportFile)), _json);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    internal static void WriteReport(string folder, PreprocessingReport report)
    {
        File.WriteAllBytes(Path.Combine(folder, ReportFile), JsonSerializer.SerializeToUtf8Bytes(report, _json));
        File.WriteAllText(Path.Combine(folder, CardFile), DataCard.Html(report), new UTF8Encoding(false));
    }
}
