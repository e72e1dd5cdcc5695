using System.Security.Cryptography;
using System.Text;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Text.Datasets;
using YamlDotNet.RepresentationModel;

namespace Loquat.Sweeping;

/// <summary>
/// The tokens of trials, made once for all whose recipes say the same of text and tokenizer, by whichever worker comes first. A folder for each in `.data`, which lists of runs pass over.
/// </summary>
internal sealed class SweepData(string folder, TimeProvider clock) : IDisposable
{
    /// <summary>A sweep over kinds of text has many; those used last stay open.</summary>
    private const int MostOpen = 3;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    private readonly List<(string Key, TokenDataset Dataset)> _open = [];

    /// <exception cref="LoquatException">The text cannot be read, or gives no such tokenizer.</exception>
    public TokenDataset Of(Recipe recipe, Action<string>? note, Action<StageProgress>? progress, CancellationToken cancellation)
    {
        var key = KeyOf(recipe);
        if (_open.FindIndex(o => o.Key == key) is var at and >= 0) return _open[at].Dataset;
        var place = new RunFolder(Path.Combine(folder, ".data", key));
        using var writer = Wait(place, clock, cancellation);
        var dataset = new TrainingRun(recipe, writer, clock) { Note = note }.PrepareData(progress, cancellation);
        if (_open.Count == MostOpen)
        {
            _open[0].Dataset.Dispose();
            _open.RemoveAt(0);
        }
        _open.Add((key, dataset));
        return dataset;
    }

    /// <summary>Takes the lock of a folder as soon as whoever has it lets go.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    public static RunWriter Wait(RunFolder folder, TimeProvider clock, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return RunWriter.Open(folder, clock);
            }
            catch (OptionsException)
            {
                // Another worker makes the data; or one that was thought dead has not yet heard so.
                cancellation.WaitHandle.WaitOne(_pause);
            }
        }
    }

    public void Dispose()
    {
        foreach (var (_, dataset) in _open) dataset.Dispose();
    }

    /// <summary>What the tokens depend on; in which order they are read is not of it.</summary>
    private static string KeyOf(Recipe recipe)
    {
        recipe = recipe.WithAbsolutePaths();
        var choice = recipe.ToChoice();
        var parts = new YamlMappingNode
        {
            { "data", RecipeBinder.ToNode(recipe.Data with { Sampling = SamplingKind.Packed }) },
            { "tokenizer", RecipeBinder.ToNode(recipe.Tokenizer) },
            { "special", string.Join('\n', choice.SpecialTokens) },
            { "pairs", $"{recipe.Objective.ReadsPairs}" },
        };
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', RecipeFile.Lines(parts).Select(line => $"{line.Path}: {line.Value}")))))[..12];
    }
}
