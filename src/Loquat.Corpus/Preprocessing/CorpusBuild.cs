using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Loquat.Corpus.Collection;
using Loquat.Corpus.Preprocessing.Statistics;
using Loquat.Corpus.Shards;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Files;

namespace Loquat.Corpus.Preprocessing;

/// <summary>What a <see cref="CorpusBuild"/> made.</summary>
/// <param name="Collection">Null where nothing was collected, or it was there already.</param>
/// <param name="Report">Of the steps.</param>
/// <param name="TrainingTokens">0 where the recipe makes none.</param>
public sealed record BuildOutcome(CollectionSummary? Collection, PreprocessingReport Report, long TrainingTokens, long ValidationTokens);

/// <summary>
/// A recipe carried out from its sources to tokens, in one folder: `collected`, `documents` with the data card, `tokens`. Each stage that is done, and whose inputs did not change, is not repeated; one that was stopped goes on.
/// </summary>
public static class CorpusBuild
{
    public const string Collected = "collected", Documents = "documents", Tokens = "tokens";
    private const string SourcesFile = "sources.key";

    /// <param name="stage">Told what begins.</param>
    /// <exception cref="DataException">A source is not there, or what is left is too little.</exception>
    /// <exception cref="OptionsException">A step cannot be, or the text does not allow the vocabulary.</exception>
    public static BuildOutcome Run(PreprocessingRecipe recipe, string folder, PipelineOptions? options = null, Action<string>? stage = null, CancellationToken cancellation = default)
    {
        options ??= new PipelineOptions { Inputs = [], Steps = [], Output = "" };
        string[] inputs = recipe.Sources.Count > 0 ? [Path.Combine(folder, Collected), .. recipe.Inputs] : [.. recipe.Inputs];
        var pipeline = new Pipeline(options with { Inputs = inputs, Steps = recipe.Steps, Output = Path.Combine(folder, Documents) }); // what cannot be is said before anything is read
        CollectionSummary? collection = null;
        if (recipe.Sources.Count > 0)
        {
            stage?.Invoke("collecting");
            collection = Collect(recipe, Path.Combine(folder, Collected), options.Format, cancellation);
        }
        stage?.Invoke("preprocessing");
        var (report, _) = pipeline.Run(null, cancellation);
        if (recipe.Tokens is not { } tokens) return new(collection, report, 0, 0);
        stage?.Invoke("tokens");
        var to = Path.Combine(folder, Tokens);
        var corpus = new FileTextCorpus(Path.Combine(folder, Documents), tokens.ValidationFraction, SplitKind.Document, TokenDataset.MemoryOf(to), new TextFileSelection(["documents-*"], []), new SourceFiles(), cancellation);
        using var dataset = TokenDataset.Prepare(corpus, new TokenizerChoice { Kind = tokens.Type, VocabSize = tokens.VocabSize, Path = tokens.Path }, to, null, cancellation);
        return new(collection, report, dataset.Training.Count, dataset.Validation.Count);
    }

    /// <summary>Collects, unless the very same files were collected whole before.</summary>
    private static CollectionSummary? Collect(PreprocessingRecipe recipe, string folder, ShardFormat format, CancellationToken cancellation)
    {
        var key = Key(recipe, format);
        var file = Path.Combine(folder, SourcesFile);
        if (File.Exists(file) && File.ReadAllText(file) == key && File.Exists(Path.Combine(folder, Collector.SummaryFile))) return null;
        var summary = Collector.Run(new CollectionOptions { Sources = recipe.Sources, Folder = folder, Format = format, Selection = recipe.Selection.Selects ? recipe.Selection : null }, cancellation: cancellation);
        AtomicFolder.WriteFile(file, stream => stream.Write(Encoding.UTF8.GetBytes(key)));
        return summary;
    }

    private static string Key(PreprocessingRecipe recipe, ShardFormat format)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"1 {format} {recipe.Selection}\n");
        foreach (var source in recipe.Sources)
        {
            if (source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase)) throw new OptionsException($"sources: {source} is an address. Crawl it once with `loquat collect {source} --out FOLDER`, and name that folder in inputs: a recipe gives the same text each time.");
            if (!Path.Exists(source)) throw new DataException($"{source}: there is no such file or folder.");
            IEnumerable<string> files = File.Exists(source) ? [source] : Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
            foreach (var info in files.Select(f => new FileInfo(f))) text.Append(CultureInfo.InvariantCulture, $"{info.FullName}\t{info.Length}\t{info.LastWriteTimeUtc.Ticks}\n");
        }
        return Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
