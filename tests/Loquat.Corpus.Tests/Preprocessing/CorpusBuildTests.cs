using System.IO.Compression;
using Loquat.Corpus.Preprocessing;
using Loquat.Corpus.Preprocessing.Steps;
using Loquat.Corpus.Shards;
using Loquat.Tests;
using Loquat.Text.Datasets;

namespace Loquat.Corpus.Tests.Preprocessing;

public sealed class CorpusBuildTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private PreprocessingRecipe Recipe(params string[] lines)
    {
        File.WriteAllLines(_folder.File("recipe.yaml"), lines);
        return PreprocessingRecipe.Load(_folder.File("recipe.yaml"));
    }

    // A book, a page, a table, an archive, and the same text twice.
    private void BringSources()
    {
        Directory.CreateDirectory(_folder.File("in"));
        for (var i = 0; i < 60; i++)
            File.WriteAllText(_folder.File($"in/{i:D2}.html"), $"<html><head><title>Page {i}</title></head><body><p>This page tells about the number {i}, and about the cat number {i * 7} that sat on the mat {i * i} times before it went home.</p></body></html>");
        File.WriteAllText(_folder.File("in/rows.csv"), "id,text\n1,A row of a table that is long enough to be kept by the steps.\n2,A row of a table that is long enough to be kept by the steps.\n");
        using (var zip = ZipFile.Open(_folder.File("in/packed.zip"), ZipArchiveMode.Create))
        using (var writer = new StreamWriter(zip.CreateEntry("a.txt").Open())) writer.Write("A text inside an archive, with mojibake in La NiÃ±a, which is put right.");
        File.WriteAllText(_folder.File("in/broken.epub"), "PK no archive");
        File.WriteAllText(_folder.File("in/left.out"), "This one is not taken.");
    }

    [Fact]
    public void A_recipe_goes_from_sources_to_tokens_and_does_nothing_twice()
    {
        BringSources();
        var recipe = Recipe($"sources: [\"{_folder.File("in")}\"]", "exclude: [\"*.out\"]", "steps: [repair, exact_dedup, {length: {min: 20}}]", "tokens: {vocab_size: 320, validation_fraction: 0.2}");
        var (build, stages) = (_folder.File("build"), new List<string>());
        var outcome = CorpusBuild.Run(recipe, build, null, stages.Add, TestContext.Current.CancellationToken);
        stages.Should().Equal("collecting", "preprocessing", "tokens");
        outcome.Collection!.Rejected.Should().Be(1);
        var documents = DocumentShards.Find(Path.Combine(build, CorpusBuild.Documents)).SelectMany(DocumentShards.Read).ToList();
        documents.Should().HaveCount(62).And.ContainSingle(d => d.Text.Contains("La Niña", StringComparison.Ordinal)).And.NotContain(d => d.Text.Contains("not taken", StringComparison.Ordinal));
        File.ReadAllText(Path.Combine(build, CorpusBuild.Documents, PreprocessingFolder.CardFile)).Should().Contain("Data card");
        using (var tokens = TokenDataset.OpenWhole(Path.Combine(build, CorpusBuild.Tokens), out var fault))
        {
            fault.Should().BeNull();
            (tokens!.Training.Count, tokens.Validation.Count).Should().Be((outcome.TrainingTokens, outcome.ValidationTokens));
            tokens.Validation.Count.Should().BeGreaterThan(2);
        }
        var before = Content(build);
        CorpusBuild.Run(recipe, build, null, null, TestContext.Current.CancellationToken).Collection.Should().BeNull();
        Content(build).Should().Be(before);
        File.WriteAllText(_folder.File("in/new.txt"), "Another text, which was not there when the sources were read.");
        CorpusBuild.Run(recipe, build, null, null, TestContext.Current.CancellationToken).Collection!.Documents.Should().Be(outcome.Collection.Documents + 1);
        Content(build).Should().NotBe(before);
    }

    // What is remembered of the text's files (text.json) is written once they are old enough to be known by their times.
    private static string Content(string folder) => string.Join('\n', Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "text.json").Order(StringComparer.Ordinal).Select(f => $"{f} {File.GetLastWriteTimeUtc(f).Ticks}"));

    [Theory]
    [InlineData("tokens: {vocab_size: many}", "many")]
    [InlineData("tokens: {size: 1}", "tokens.size")]
    [InlineData("tokens: {path: t.json, vocab_size: 5}", "tokens.path")]
    [InlineData("include: [\"*.txt\"]", "sources")]
    [InlineData("source: [a]", "source")]
    public void What_a_recipe_cannot_say_is_refused_by_name(string line, string named)
    {
        var load = () => Recipe("steps: [repair]", line);
        load.Should().Throw<OptionsException>().Which.Message.Should().Contain(named);
    }

    [Fact]
    public void The_recipe_of_the_repository_can_be_read()
    {
        var recipe = PreprocessingRecipe.Load(Path.Combine(SharedFolder.RepositoryRoot, "recipes", "corpus", "mixed.yaml"));
        recipe.Sources.Should().NotBeEmpty();
        recipe.Tokens.Should().NotBeNull();
        foreach (var step in recipe.Steps) StepCatalog.Create(step).Should().NotBeNull();
    }
}
