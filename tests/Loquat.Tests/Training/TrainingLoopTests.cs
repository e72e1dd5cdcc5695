using Loquat.Checkpoints;
using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Llama;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
using Loquat.Optimization.Schedules;
using Loquat.Reporting;
using Loquat.Text.Datasets;
using Loquat.Training;

namespace Loquat.Tests.Training;

/// <summary>The loop itself, on a model of a few hundred parameters.</summary>
public sealed class TrainingLoopTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TokenShard _shard;

    public TrainingLoopTests()
    {
        using var writer = new TokenShardWriter(_folder.File("tokens"), 16, 0);
        for (var document = 0; document < 20; document++)
            writer.Write([.. Enumerable.Range(0, 40).Select(i => (i * (document % 3 + 1)) % 16)], 40);
        writer.Complete();
        _shard = TokenShard.Open(_folder.File("tokens"));
    }

    [Fact]
    public void Accumulated_micro_batches_give_the_losses_of_one_batch()
    {
        var whole = Train("whole", Options with { PerDeviceTrainBatchSize = 4 });
        var parts = Train("parts", Options with { PerDeviceTrainBatchSize = 1, GradientAccumulationSteps = 4 });
        for (var step = 0; step < whole.Losses.Count; step++) parts.Losses[step].Should().BeApproximately(whole.Losses[step], 1e-5);
        whole.Losses[^1].Should().BeLessThan(whole.Losses[0]);
    }

    [Fact]
    public void Without_improvement_it_stops_early_and_keeps_the_best()
    {
        // A rate this high spoils the model after its start.
        var heard = Train("early", Options with { MaxSteps = 200, EvalSteps = 5, EarlyStoppingPatience = 3 }, learningRate: 5);
        heard.State!.Step.Should().BeLessThan(200);
        heard.State.EvaluationsWithoutImprovement.Should().Be(3);
        Directory.Exists(_folder.File("early/best")).Should().BeTrue();
    }

    [Fact]
    public void The_best_checkpoint_is_the_one_with_the_lowest_loss()
    {
        var heard = Train("best", Options with { MaxSteps = 40, EvalSteps = 4 });
        using var best = ModelFolder.Load<CausalModel>(_folder.File("best/best"), Placement.Cpu);
        Evaluator().Evaluate(best, 2).Loss.Should().BeApproximately(heard.State!.BestLoss, 1e-6);
    }

    [Fact]
    public void The_smoothed_loss_is_the_weighted_mean_of_the_losses_from_the_first_step_on()
    {
        var heard = Train("smooth", Options with { MaxSteps = 30 });
        heard.Smoothed[0].Should().Be(heard.Losses[0]);
        for (var steps = 1; steps <= 30; steps++)
        {
            // Early steps weigh as i^9, the average over a tenth of them; no first loss is kept.
            var weights = Enumerable.Range(1, steps).Select(i => Enumerable.Range(i, 9).Aggregate(1.0, (product, factor) => product * factor)).ToArray();
            heard.Smoothed[steps - 1].Should().BeApproximately(heard.Losses.Take(steps).Zip(weights, (loss, weight) => loss * weight).Sum() / weights.Sum(), 1e-9);
        }
    }

    [Fact]
    public void The_best_loss_is_measured_anew_when_it_is_evaluated_on_other_rows()
    {
        var first = Train("rows", Options with { MaxSteps = 12, EvalSteps = 4, EvalRows = 2 });
        var second = Train("rows", Options with { MaxSteps = 12, EvalSteps = 4, EvalRows = 9 });
        second.State!.BestStep.Should().Be(first.State!.BestStep);
        using var best = ModelFolder.Load<CausalModel>(_folder.File("rows/best"), Placement.Cpu);
        second.State.BestLoss.Should().BeApproximately(Evaluator().Evaluate(best, 2, maxRows: 9).Loss, 1e-9);
        second.State.BestLoss.Should().NotBe(first.State.BestLoss);
    }

    private static TrainingOptions Options => new() { MaxSteps = 12, PerDeviceTrainBatchSize = 2, ContextLength = 8, EvalSteps = 100, SaveSteps = 100, Seed = 3 };

    private Heard Train(string name, TrainingOptions options, double learningRate = 1e-2)
    {
        var config = new LlamaConfig
        {
            VocabSize = 16,
            HiddenSize = 8,
            NumHiddenLayers = 1,
            NumAttentionHeads = 1,
            IntermediateSize = 16,
            MaxPositionEmbeddings = 8,
            Variant = LlamaVariant.Qwen3,
            TieWordEmbeddings = true,
        };
        using var model = config.Build<CausalModel>(Placement.Cpu, seed: 1);
        using var optimizer = new Optimizer(model.Parameters.Select(p => new OptimizerParameter(p.Name, p.Value, OptimizerParameter.Decays(p.Value))), new AdamWOptions());
        var heard = new Heard();
        var objective = new CausalOptions().Create(new(null!, config, options.ContextLength, 3));
        heard.State = new TrainingLoop(
            model, objective, optimizer, new ConstantSchedule(learningRate), new TextBatches(objective, new PackedBatches(_shard, options.ContextLength, seed: 1)), Evaluator(), new CheckpointStore(_folder.File(name), null), [heard], options,
            TimeProvider.System).Run(default);
        return heard;
    }

    private PerplexityEvaluator Evaluator() => new(new EvaluationRows(i => _shard[i], _shard.DocumentEnds.ToArray(), 8, endOfText: null), _shard.Header.TextBytes);

    public void Dispose()
    {
        _shard.Dispose();
        _folder.Dispose();
    }

    private sealed class Heard : ITrainingReporter
    {
        public List<double> Losses { get; } = [];

        public TrainingState? State { get; set; }

        public void Started(long step, long maxSteps, bool evaluated)
        {
        }

        public List<double> Smoothed { get; } = [];

        public void Step(StepReport report)
        {
            Losses.Add(report.Loss);
            Smoothed.Add(report.SmoothedLoss);
        }

        public void Evaluated(long step, EvaluationResult result, bool better)
        {
        }

        public void Sampled(long step, string text)
        {
        }

        public void Saved(long step)
        {
        }

        public void Finished()
        {
        }
    }
}
