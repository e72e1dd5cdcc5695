using System.Diagnostics;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Loquat.Benchmarks.Peers;

/// <summary>
/// The obvious TorchSharp training step: plain modules, <c>torch.optim.AdamW</c>, one dispose scope around the step. With
/// <c>fused</c>, the optimizer is libtorch's fused AdamW and gradients are zeroed in place: the best that a plain loop gets.
/// </summary>
internal sealed class PlainTorchSharpStep : IStepBenchmark
{
    private readonly PlainGpt _model;
    private readonly AdamW? _optimizer;
    private readonly FusedAdamW? _fused;
    private readonly StepSetting _setting;

    public PlainTorchSharpStep(StepSetting setting, bool fused)
    {
        if (setting.Precision != Precision.Fp32)
            throw new OptionsException("the plain TorchSharp peer trains in fp32: TorchSharp has no autocast.");
        if (setting.Shape.Gated is not null)
            throw new OptionsException("the plain TorchSharp peer is a GPT-2.");
        _setting = setting;
        manual_seed(1);
        _model = new PlainGpt(setting.Shape);
        if (fused) _fused = new FusedAdamW([.. _model.parameters()], 1e-4);
        else _optimizer = optim.AdamW(_model.parameters(), 1e-4, 0.9, 0.95, 1e-8, 0.1);
    }

    public double Step(PartTimes parts)
    {
        using var scope = NewDisposeScope();
        var watch = Stopwatch.StartNew();
        var ids = randint(_setting.Shape.Vocabulary, [_setting.Batch, _setting.Tokens], ScalarType.Int64);
        var targets = randint(_setting.Shape.Vocabulary, [_setting.Batch, _setting.Tokens], ScalarType.Int64);
        var loss = _model.forward(ids, targets);
        parts.Add("forward", Lap(watch));
        if (_fused is null) _optimizer!.zero_grad();
        else _fused.ZeroGradients();
        loss.backward();
        parts.Add("backward", Lap(watch));
        nn.utils.clip_grad_norm_(_model.parameters(), 1.0);
        parts.Add("clip", Lap(watch));
        if (_fused is null) _optimizer!.step();
        else _fused.Step();
        parts.Add("optimizer", Lap(watch));
        return loss.ToDouble();
    }

    private static double Lap(Stopwatch watch)
    {
        var elapsed = watch.Elapsed.TotalMilliseconds;
        watch.Restart();
        return elapsed;
    }

    public void Dispose()
    {
        _optimizer?.Dispose();
        _fused?.Dispose();
        _model.Dispose();
    }
}
