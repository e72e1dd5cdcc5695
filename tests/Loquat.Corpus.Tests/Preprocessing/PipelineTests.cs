using Loquat.Corpus.Preprocessing;
using Loquat.Corpus.Preprocessing.Steps;
using Loquat.Corpus.Shards;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Preprocessing;

public sealed class PipelineTests
{
    private static readonly string[] _everything =
    [
        "repair", "tidy_lines", "language:min_probability=0", "gopher_repetition", "exact_dedup", "near_dedup:threshold=0.7", "substring_dedup:min_tokens=20", "sentence_dedup:min_doc_words=0:min_sentences=0", "length:min=5",
    ];

    // Documents with copies, near copies, passages in common and mojibake, from the cases of the reference.
    private static string WriteCorpus(TemporaryFolder folder)
    {
        var path = folder.File("corpus.jsonl");
        using var writer = new DocumentShardWriter(path, ShardFormat.JsonLines);
        var number = 0;
        foreach (var file in new[] { "dedup.json", "substring_dedup.json", "sentence_dedup.json" })
            foreach (var c in TextFixture.Load(file).Cases)
                writer.Write(new() { Id = $"{file}:{number++}", Source = file, Text = c.GetProperty("text").GetString()! });
        foreach (var c in TextFixture.Load("ftfy.json").Cases.Where(c => c.TryGetProperty("input", out _)))
            writer.Write(new() { Id = $"ftfy:{number++}", Source = "ftfy.json", Text = c.GetProperty("input").GetString()! });
        writer.Complete();
        return path;
    }

    private static PipelineOptions Options(string input, string output, int workers, params string[] steps) =>
        new() { Inputs = [input], Output = output, Steps = [.. steps.Select(StepSettings.Parse)], Workers = workers, ShardCharacters = 200_000 };

    private static string Content(string folder) => string.Join('\n', Directory.GetFiles(folder).Order(StringComparer.Ordinal)
        .Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"));

    [Fact]
    public void Any_number_of_workers_writes_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var corpus = WriteCorpus(folder);
        var contents = new[] { 1, 2, 5 }.Select(workers =>
        {
            new Pipeline(Options(corpus, folder.File($"out{workers}"), workers, _everything)).Run(cancellation: TestContext.Current.CancellationToken);
            return Content(folder.File($"out{workers}"));
        }).ToList();
        contents[0].Should().Contain("documents-00001.jsonl.zst").And.NotContain("phase-");
        contents[1].Should().Be(contents[0]);
        contents[2].Should().Be(contents[0]);
    }

    [Theory, InlineData(2), InlineData(3)]
    public async Task Any_number_of_processes_writes_the_bytes_of_one(int ranks)
    {
        using var folder = new TemporaryFolder();
        var corpus = WriteCorpus(folder);
        string[] steps = [.. _everything, "windows:size=40", "length:min=6"];
        var alone = Options(corpus, folder.File("alone"), 2, steps) with { GroupCharacters = 40_000 };
        new Pipeline(alone).Run(cancellation: TestContext.Current.CancellationToken);
        // What a work that was stopped has left: some parts, and one that is half written.
        var left = Task.Run(() => new Pipeline(alone with { Output = folder.File("shared"), Launcher = new(0, ranks) }).Run(cancellation: new CancellationTokenSource(TimeSpan.FromMilliseconds(300)).Token));
        await left.Awaiting(t => t).Should().ThrowAsync<OperationCanceledException>("there is one process only");
        var all = Enumerable.Range(0, ranks).Select(rank => Task.Run(() => new Pipeline(alone with { Output = folder.File("shared"), Launcher = new(rank, ranks) }).Run(cancellation: TestContext.Current.CancellationToken)));
        await Task.WhenAll(all);
        Content(folder.File("shared")).Should().Be(Content(folder.File("alone")));
        Directory.GetDirectories(folder.Path).Should().HaveCount(2, "what they told each other is gone");
    }

    [Theory, InlineData(0), InlineData(1)]
    public async Task A_process_that_stops_stops_those_that_wait_for_it(int stopping)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("in.jsonl"), Enumerable.Range(0, 40).Select(i => $"{{\"text\":\"Document {i} is one of those that two processes share.\"}}"));
        var cancellation = TestContext.Current.CancellationToken;
        Task Of(int rank) => Task.Factory.StartNew(() => new Pipeline(Options(folder.File("in.jsonl"), folder.File("out"), 1, "exact_dedup") with { GroupCharacters = 200, Launcher = new(rank, 2) }).Run(cancellation: cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var waiting = Of(1 - stopping);
        // What another work left does not count, so it must be in this one that the process stops.
        while (!Directory.EnumerateDirectories(folder.Path, "out.ranks-*").SelectMany(Directory.EnumerateFiles).Any(f => Path.GetFileName(f) == $"begun-{1 - stopping}")) await Task.Delay(5, cancellation);
        var exchange = new RankExchange(Directory.GetDirectories(folder.Path, "out.ranks-*").Single(), new(stopping, 2), TimeProvider.System, cancellation);
        exchange.Stop("no space is left.");
        exchange.Dispose();
        (await waiting.Awaiting(t => t.WaitAsync(TimeSpan.FromMinutes(1), cancellation)).Should().ThrowAsync<MachineException>()).WithMessage($"Process {stopping} of 2 has stopped: no space is left.*same command*");
        await Task.WhenAll(Of(0), Of(1)).WaitAsync(TimeSpan.FromMinutes(1), cancellation);
        DocumentShards.Find(folder.File("out")).SelectMany(DocumentShards.Read).Should().HaveCount(40);
    }

    [Fact]
    public void A_process_that_is_not_heard_of_is_not_waited_for()
    {
        using var folder = new TemporaryFolder();
        using var exchange = new RankExchange(folder.File("ranks"), new(0, 2), new HurriedClock(), CancellationToken.None);
        var take = () => exchange.Take("part", 1, reader => reader.ReadByte());
        take.Should().Throw<MachineException>().WithMessage("Process 1 of 2 has not begun within 5 minutes*");
        File.WriteAllText(Path.Combine(folder.File("ranks"), "begun-1"), "of a process that was killed");
        take.Should().Throw<MachineException>().WithMessage("Nothing was heard of process 1 of 2 for 5 minutes*");
    }

    /// <summary>A minute passes each time that one looks.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        private long _minutes;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => 60 * ++_minutes;
    }

    [Fact]
    public void Launchers_are_known_by_their_variables()
    {
        static Launcher Of(params (string Name, string Value)[] variables) => Launcher.Find(name => Array.Find(variables, v => v.Name == name).Value);
        Of().Should().Be(Launcher.None);
        Of(("OMPI_COMM_WORLD_RANK", "2"), ("OMPI_COMM_WORLD_SIZE", "4")).Should().Be(new Launcher(2, 4));
        Of(("PMI_RANK", "1"), ("PMI_SIZE", "2")).Should().Be(new Launcher(1, 2));
        Of(("SLURM_PROCID", "3"), ("SLURM_NTASKS", "8")).Should().Be(new Launcher(3, 8));
        Of(("RANK", "0"), ("WORLD_SIZE", "2")).Should().Be(new Launcher(0, 2));
        Of(("JOB_COMPLETION_INDEX", "1"), ("WORLD_SIZE", "2")).Should().Be(new Launcher(1, 2));
        Of(("SLURM_PROCID", "0")).Should().Be(Launcher.None);
        foreach (var wrong in (Action[])[() => Of(("RANK", "1")), () => Of(("RANK", "4"), ("WORLD_SIZE", "4")), () => Of(("RANK", "x"), ("WORLD_SIZE", "4"))]) wrong.Should().Throw<OptionsException>().WithMessage("RANK is*");
    }

    [Fact]
    public void Every_document_is_kept_or_dropped_once_and_the_ledger_says_so()
    {
        using var folder = new TemporaryFolder();
        var corpus = WriteCorpus(folder);
        var (report, _) = new Pipeline(Options(corpus, folder.File("out"), 2, _everything)).Run(cancellation: TestContext.Current.CancellationToken);
        var ledger = File.ReadAllLines(Path.Combine(folder.File("out"), PreprocessingFolder.LedgerFile));
        var kept = DocumentShards.Find(folder.File("out")).SelectMany(DocumentShards.Read).ToList();
        ledger.Length.Should().Be(DocumentShards.Read(corpus).Count());
        ledger.Count(l => l.Contains("\"decision\":\"kept\"", StringComparison.Ordinal)).Should().Be(kept.Count);
        report.Corpus.Documents.Should().Be(kept.Count);
        report.Steps.Should().OnlyContain(s => s.DocumentsIn == s.DocumentsOut + s.Dropped.Values.Sum());
        report.Steps.Single(s => s.Step.StartsWith("near_dedup", StringComparison.Ordinal)).Dropped.Should().ContainKey("near_duplicate");
    }

    [Fact]
    public void Windows_divide_documents_and_the_ledger_says_so()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.txt"), "One two. Three four five. Six seven.");
        File.WriteAllText(folder.File("b.txt"), "One.");
        List<string> Run(string name, string step)
        {
            new Pipeline(new() { Inputs = [folder.File("a.txt"), folder.File("b.txt")], Output = folder.File(name), Steps = [StepSettings.Parse(step)] }).Run(cancellation: TestContext.Current.CancellationToken);
            return [.. DocumentShards.Find(folder.File(name)).SelectMany(DocumentShards.Read).Select(d => d.Text)];
        }
        Run("fixed", "windows:size=3:overlap=1").Should().Equal("One two. Three", "Three four five.", "five. Six seven.", "One.");
        Run("kept", "windows:size=5:keep=sentences").Should().Equal("One two. Three four five.", "Six seven.", "One.");
        Run("lines", "sentences").Should().Equal("One two.\nThree four five.\nSix seven.", "One.");
        File.ReadAllText(Path.Combine(folder.File("kept"), PreprocessingFolder.LedgerFile)).Should().Contain("\"decision\":\"divided\",\"step\":\"windows\",\"parts\":2").And.Contain("a.txt/2");
    }

    [Fact]
    public void Finished_work_is_not_repeated_and_changed_work_is()
    {
        using var folder = new TemporaryFolder();
        var corpus = WriteCorpus(folder);
        new Pipeline(Options(corpus, folder.File("out"), 2, "exact_dedup")).Run().Done.Should().BeFalse();
        new Pipeline(Options(corpus, folder.File("out"), 1, "exact_dedup")).Run().Done.Should().BeTrue();
        new Pipeline(Options(corpus, folder.File("out"), 2, "exact_dedup:normal=true")).Run().Done.Should().BeFalse();
    }

    [Fact]
    public void A_run_that_is_stopped_leaves_what_was_there()
    {
        using var folder = new TemporaryFolder();
        var corpus = WriteCorpus(folder);
        new Pipeline(Options(corpus, folder.File("out"), 2, "exact_dedup")).Run();
        var before = Content(folder.File("out"));
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => new Pipeline(Options(corpus, folder.File("out"), 2, "repair")).Run(null, stopped.Token));
        Content(folder.File("out")).Should().Be(before);
        Directory.Exists(folder.File("out") + ".writing").Should().BeFalse();
    }

    [Theory]
    [InlineData("near_dup", "near_dedup")]
    [InlineData("near_dedup:treshold=0.8", "threshold")]
    [InlineData("near_dedup:threshold=1.8", "1.8")]
    [InlineData("language:keep=xxx", "xxx")]
    [InlineData("boilerplate_lines", "pattern")]
    [InlineData("normalize:form=nfx", "nfx")]
    [InlineData("windows:size=4:overlap=4", "overlap")]
    [InlineData("windows:keep=words", "words")]
    public void A_step_that_cannot_be_is_refused_by_name(string step, string named)
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<OptionsException>(() => new Pipeline(Options("x", folder.File("out"), 1, step))).Message.Should().Contain(named);
    }

    [Fact]
    public void A_folder_of_something_else_is_not_written_over()
    {
        using var folder = new TemporaryFolder();
        var corpus = WriteCorpus(folder);
        Directory.CreateDirectory(folder.File("mine"));
        File.WriteAllText(Path.Combine(folder.File("mine"), "letter.txt"), "keep");
        Assert.Throws<OptionsException>(() => new Pipeline(Options(corpus, folder.File("mine"), 1, "repair")).Run());
        File.ReadAllText(Path.Combine(folder.File("mine"), "letter.txt")).Should().Be("keep");
    }

    [Fact]
    public void A_recipe_says_the_same_as_a_list_of_steps()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("r.yaml"), "inputs: [a, b]\nsteps:\n  - repair\n  - near_dedup: { threshold: 0.7, shingle_size: 3 }\n  - language: { keep: [eng, deu] }\n");
        var recipe = PreprocessingRecipe.Load(folder.File("r.yaml"));
        recipe.Inputs.Should().Equal("a", "b");
        recipe.Steps.Select(s => s.ToString()).Should().Equal("repair", "near_dedup:threshold=0.7:shingle_size=3", "language:keep=eng+deu");
        File.WriteAllText(folder.File("bad.yaml"), "step: []\n");
        Assert.Throws<OptionsException>(() => PreprocessingRecipe.Load(folder.File("bad.yaml"))).Message.Should().Contain("step");
    }

    [Fact]
    public void Every_step_of_the_catalog_can_be_made()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("words"), "word\n");
        File.WriteAllText(folder.File("items"), "{\"text\":\"some words\"}\n");
        foreach (var (name, _) in StepCatalog.All)
        {
            var settings = name switch { "boilerplate_lines" => ":pattern=x", "stop_list" => $":file={folder.File("words")}", "decontaminate" => $":file={folder.File("items")}", _ => "" };
            StepCatalog.Create(StepSettings.Parse(name + settings)).Name.Should().Be(name);
        }
    }
}
