using System.Diagnostics;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Benchmarks;

/// <summary>Loquat's own training step: the operations of the training loop, in its order, without its reports and checkpoints.</summary>
internal sealed class LoquatStep : IStepBenchmark
{
    private readonly CausalModel _model;
    private readonly Optimizer _optimizer;
    private readonly StepSetting _setting;

    public LoquatStep(StepSetting setting, int checkpointedLayers = 0)
    {
        _setting = setting;
        var shape = setting.Shape;
        _model = Config(shape).Build<CausalModel>(new Placement(CPU, setting.Precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32), seed: 1);
        _model.CheckpointedLayers = checkpointedLayers;
        _optimizer = new Optimizer(_model.Parameters.Select(p => new OptimizerParameter(p.Name, p.Value, OptimizerParameter.Decays(p.Value))), new AdamWOptions());
        manual_seed(1);
    }

    internal static ModelConfig Config(GptShape shape) => shape.Gated is { } inner
        ? new LlamaConfig
        {
            VocabSize = shape.Vocabulary,
            HiddenSize = shape.Width,
            NumHiddenLayers = shape.Layers,
            NumAttentionHeads = shape.Heads,
            IntermediateSize = inner,
            MaxPositionEmbeddings = shape.Context,
            HiddenAct = ActivationKind.Relu2,
            Variant = LlamaVariant.Qwen3,
        }
        : new Gpt2Config
        {
            VocabSize = shape.Vocabulary,
            NEmbd = shape.Width,
            NLayer = shape.Layers,
            NHead = shape.Heads,
            NPositions = shape.Context,
        };

    public double Step(PartTimes parts)
    {
        using var scope = NewDisposeScope();
        var watch = Stopwatch.StartNew();
        var ids = randint(_setting.Shape.Vocabulary, [_setting.Batch, _setting.Tokens], ScalarType.Int64);
        var labels = randint(_setting.Shape.Vocabulary, [_setting.Batch, _setting.Tokens], ScalarType.Int64);
        var tokens = _setting.Batch * _setting.Tokens;
        var loss = _model.LossAndGradients(ids, labels, 1.0 / tokens, new ForwardContext { Training = true });
        parts.Add("forward and backward", Lap(watch));
        var norm = _optimizer.GradientNorm();
        parts.Add("norm", Lap(watch));
        _optimizer.Step(1e-4, GradientClipping.Factor(norm, 1));
        parts.Add("optimizer", Lap(watch));
        _optimizer.ZeroGrad();
        parts.Add("zero", Lap(watch));
        return loss / tokens;
    }

    private static double Lap(Stopwatch watch)
    {
        var elapsed = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        return elapsed;
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
    }
}
