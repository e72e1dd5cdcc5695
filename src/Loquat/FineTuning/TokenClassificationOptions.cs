using System.ComponentModel;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Recipes;
using Loquat.Text.Datasets;

namespace Loquat.FineTuning;

/// <summary>A tag for each word: names of people and places, parts of speech.</summary>
public sealed record TokenClassificationOptions : TaskOptions
{
    [Description("The column of the words, in files of rows. Default: found by its name.")]
    public string? Words { get; init; }

    [Description("The column of the tags, in files of rows. Default: found by its name.")]
    public string? Tags { get; init; }

    [Description("How tags such as B-PER say where an entity begins and ends; lenient: as conlleval does, which mends what begins wrongly.")]
    public TaggingScheme Scheme { get; init; }

    public override string Type => "token_classification";

    public override string Summary => "a tag for each word: CoNLL files, or lists of words and tags";

    public override ExampleSets Read(DataRecipe data, ulong seed, CancellationToken cancellation = default)
    {
        IReadOnlyList<Example> train = TaggedFile.Read(data.Path!, Words, Tags, labeled: true, cancellation);
        var (validation, test) = (Part(data.ValidationPath), Part(data.TestPath));
        var taken = (validation, test) switch { (null, null) => "validation and test", (null, _) => "validation", (_, null) => "test", _ => null };
        if (test is null) (train, test) = ExampleSplit.Take(train, data.ValidationFraction, seed);
        if (validation is null) (train, validation) = ExampleSplit.Take(train, data.ValidationFraction, seed + 1);
        if (validation.Count == 0 || test.Count == 0) throw new DataException($"{data.Path}: there are too few sentences to keep some for validation. Give more, or name files: data.validation_path and data.test_path.");
        var key = string.Join(':', new[] { data.Path, data.ValidationPath, data.TestPath }.Select(path => path is null ? "-" : $"{FileHash.Of(path):x16}").Append($"{data.ValidationFraction:R}").Append($"{seed}"));
        return new(train, validation, test, $"tags:{key}",
            [("examples", $"{train.Count:N0} sentences to learn from, {validation.Count:N0} to validate with, {test.Count:N0} to test on{(taken is null ? "" : $" ({taken}: {data.ValidationFraction:0.##%}, by a hash of the text)")}")]);

        IReadOnlyList<Example>? Part(string? path) => path is null ? null : TaggedFile.Read(path, Words, Tags, labeled: true, cancellation);
    }

    public override IReadOnlyList<Example> ReadUnlabeled(string path, CancellationToken cancellation = default) => Path.GetExtension(path).Equals(".txt", StringComparison.OrdinalIgnoreCase)
        ? [.. File.ReadLines(path).Select((line, i) => new Example { Text = line, Place = $"{path}, line {i + 1}" })]
        : TaggedFile.Read(path, Words, Tags, labeled: false, cancellation);

    public override FineTuningTask Begin(IReadOnlyList<Example> train)
    {
        string[] tags = [.. train.SelectMany(example => example.Tags!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return tags.Length > 1 ? new TokenClassificationTask(tags, Scheme) : throw new DataException($"all words have the tag '{tags.FirstOrDefault()}': there is nothing to tell apart.");
    }

    public override FineTuningTask? Of(EncoderConfig config) => config.Head == HeadKind.TokenClassification ? new TokenClassificationTask(config.Labels, Scheme) : null;
}

/// <summary>How tags are read as entities.</summary>
public enum TaggingScheme
{
    /// <summary>As conlleval does: what begins wrongly is mended.</summary>
    Lenient,

    Iob1,
    Iob2,
    Ioe1,
    Ioe2,
    Iobes,
    Bilou,
}
