using Loquat.Models.Llama;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Planning;
using Loquat.Optimization.Schedules;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using Loquat.Tests.Generation;
using Loquat.Text.Collection;
using Loquat.Text.Tokenization;

namespace Loquat.Tests.Recipes;

/// <summary>Whatever takes long can be cancelled, and then leaves nothing half-made.</summary>
public sealed class CancellationTests : IDisposable
{
    private static readonly CancellationToken _cancelled = new(canceled: true);

    private static readonly Recipe _recipe = new()
    {
        Data = new() { StoryMegabytes = 0.1 },
        Tokenizer = new() { VocabSize = 300 },
        Model = LlamaConfig.Decoder(layers: 1, width: 16, context: 16, heads: 2),
        Training = new() { MaxSteps = 20, PerDeviceTrainBatchSize = 2, EvalSteps = 10, EvalRows = 2, LrScheduler = new NanogptCosineOptions { WarmupSteps = 2 } },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Preparing_text_and_tokenizers()
    {
        var run = new RunFolder(_folder.File("run"));
        Cancelled(() => new TrainingRun(_recipe, run).PrepareData(null, _cancelled));
        Directory.Exists(run.Data).Should().BeFalse();
        File.WriteAllText(_folder.File("text.txt"), "Some text.");
        Cancelled(() => new FileTextCorpus(_folder.File("text.txt"), 0.1, SplitKind.Document, cancellation: _cancelled));
        foreach (var kind in Enum.GetValues<TokenizerKind>().Where(TokenizerTraining.HasSize))
            Cancelled(() => TokenizerTraining.Train(kind, ["a text", "another"], 300, new() { Cancellation = _cancelled }));
    }

    [Fact]
    public void Training_writes_a_checkpoint_and_goes_on_later()
    {
        var run = new RunFolder(_folder.File("run"));
        using var stop = new CancellationTokenSource();
        using (var dataset = new TrainingRun(_recipe, run).PrepareData())
            Cancelled(() => new TrainingRun(_recipe, run).Train(dataset, [new StopAt(7, stop)], stop.Token));
        var outcome = new TrainingRun(_recipe, run).Train();
        outcome.State.Step.Should().Be(20);
        File.ReadLines(run.Metrics).Should().NotBeEmpty();
    }

    [Fact]
    public void Sizing_and_loading()
    {
        var run = new RunFolder(_folder.File("run"));
        using var dataset = new TrainingRun(_recipe, run).PrepareData();
        var machine = new MachineFigures { Float32Gflops = 50, MemoryGBPerSecond = 5 };
        Cancelled(() => QuickstartRecipe.ForMachine(_recipe, dataset, machine, bfloat16: false, trainingSeconds: 5, _cancelled));
        using var model = TinyWriter.Model();
        ModelFolder.Write(_folder.Path, model);
        TinyWriter.Tokenizer.Save(_folder.File("tokenizer.json"));
        Cancelled(() => ModelFolder.Load(_folder.Path, Placement.Cpu, _cancelled));
        Cancelled(() => TrainedModel.Load(_folder.Path, cancellation: _cancelled));
    }

    private static void Cancelled(Action action) => action.Should().Throw<OperationCanceledException>();

    private static void Cancelled(Func<object> action) => action.Should().Throw<OperationCanceledException>();

    private sealed class StopAt(long step, CancellationTokenSource stop) : ITrainingReporter
    {
        public void Step(StepReport report)
        {
            if (report.Step == step) stop.Cancel();
        }
    }
}
