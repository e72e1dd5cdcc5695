using Loquat.Layers;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Gpt2;

/// <summary>The training pass of <see cref="Gpt2Model"/>, without dropout.</summary>
internal sealed class Gpt2TrainingPass(Gpt2Config config, Gpt2Layer[] layers, Parameter finalGain, Parameter finalBias, long tokens, int checkpointed) :
    LayeredTrainingPass<Gpt2TrainingPass.Kept>(layers.Length, checkpointed)
{
    // N = B · T rows, E width, I feed-forward width

    private readonly long _width = config.NEmbd;
    private Tensor _last = null!, _lastStatistics = null!;
    private Scratch? _scratch;

    protected override Tensor Finish(Tensor x)
    {
        (_last, _lastStatistics) = (x, Statistics(x));
        var y = empty_like(x);
        LayerNorm.Forward(x, finalGain.Value, finalBias.Value, config.LayerNormEpsilon, y, _lastStatistics);
        return y;
    }

    protected override Tensor FinishBackward(Tensor gradient)
    {
        var dx = zeros_like(_last);
        Normalization(_last, finalGain, finalBias, _lastStatistics, gradient, dx);
        _scratch = new Scratch(_last, config);
        return dx;
    }

    protected override Kept Inside(int index, Tensor x)
    {
        var (layer, kept) = (layers[index], new Kept(x, config));
        LayerNorm.Forward(x, layer.AttentionGain.Value, layer.AttentionBias.Value, config.LayerNormEpsilon, kept.AttentionInput, kept.AttentionStatistics);
        Bias.Fill(kept.Qkv, layer.QkvBias.Value);
        Products.Into(kept.Qkv, kept.AttentionInput, layer.Qkv.Value, add: true);
        Heads(index, kept.Qkv).Forward(kept.Attended, kept.LogSums);
        Bias.Fill(kept.Middle, layer.OutBias.Value, x);
        Products.Into(kept.Middle, kept.Attended, layer.Out.Value, add: true);
        LayerNorm.Forward(kept.Middle, layer.MlpGain.Value, layer.MlpBias.Value, config.LayerNormEpsilon, kept.MlpInput, kept.MlpStatistics);
        Bias.Fill(kept.Up, layer.UpBias.Value);
        Products.Into(kept.Up, kept.MlpInput, layer.Up.Value, add: true);
        return kept;
    }

    protected override Tensor Output(int index, Kept kept)
    {
        using var active = empty_like(kept.Up);
        ActivationLauncher.Forward(config.ActivationFunction, kept.Up, null, active);
        var y = empty_like(kept.Middle);
        Bias.Fill(y, layers[index].DownBias.Value, kept.Middle);
        Products.Into(y, active, layers[index].Down.Value, add: true);
        return y;
    }

    protected override void Backward(int index, Tensor x, Kept kept, Tensor dx)
    {
        var (layer, scratch) = (layers[index], _scratch!);
        BiasGradient(layer.DownBias, dx);
        Products.IntoTransposed(scratch.Dup, dx, layer.Down.Value);
        ActivationLauncher.Backward(config.ActivationFunction, kept.Up, null, scratch.Dup, scratch.Dup, null, scratch.Active);
        layer.Down.AddGradient(scratch.Active, dx);
        BiasGradient(layer.UpBias, scratch.Dup);
        layer.Up.AddGradient(kept.MlpInput, scratch.Dup);
        Products.IntoTransposed(scratch.Dinput, scratch.Dup, layer.Up.Value);
        Normalization(kept.Middle, layer.MlpGain, layer.MlpBias, kept.MlpStatistics, scratch.Dinput, dx);

        BiasGradient(layer.OutBias, dx);
        layer.Out.AddGradient(kept.Attended, dx);
        Products.IntoTransposed(scratch.Dinput, dx, layer.Out.Value);
        using (var q = Part(scratch.Dqkv, 0))
        using (var k = Part(scratch.Dqkv, 1))
        using (var v = Part(scratch.Dqkv, 2))
            Heads(index, kept.Qkv).Backward(kept.LogSums, scratch.Dinput, q, k, v);
        BiasGradient(layer.QkvBias, scratch.Dqkv);
        layer.Qkv.AddGradient(kept.AttentionInput, scratch.Dqkv);
        Products.IntoTransposed(scratch.Dinput, scratch.Dqkv, layer.Qkv.Value);
        Normalization(x, layer.AttentionGain, layer.AttentionBias, kept.AttentionStatistics, scratch.Dinput, dx);
    }

    private CausalAttention Heads(int layer, Tensor qkv) =>
        new(Part(qkv, 0), Part(qkv, 1), Part(qkv, 2), tokens, _width / config.NHead) { Scale = config.AttentionScale(layer) };

    private Tensor Part(Tensor qkv, int part) => qkv.narrow(1, part * _width, _width);

    private static Tensor Statistics(Tensor x) => empty([2, x.shape[0]], dtype: ScalarType.Float32);

    private static void BiasGradient(Parameter bias, Tensor dy)
    {
        var (gradient, add) = bias.GradientBuffer();
        Bias.Gradient(dy, gradient, add);
        gradient.Dispose();
    }

    private static void Normalization(Tensor x, Parameter gain, Parameter bias, Tensor statistics, Tensor dy, Tensor dx)
    {
        var (dgain, add) = gain.GradientBuffer();
        var (dbias, _) = bias.GradientBuffer();
        LayerNorm.Backward(x, gain.Value, statistics, dy, dx, dgain, dbias, add);
        dgain.Dispose();
        dbias.Dispose();
    }

    /// <summary>What a layer's backward pass needs of its forward pass. The output of the activation is not here: it is computed anew.</summary>
    internal sealed class Kept(Tensor x, Gpt2Config config) : IDisposable
    {
        public Tensor AttentionStatistics { get; } = Statistics(x);

        public Tensor AttentionInput { get; } = empty_like(x);                              // (N, E)

        public Tensor Qkv { get; } = Rows(x, 3L * config.NEmbd);                            // (N, 3E)

        public Tensor LogSums { get; } = empty(x.shape[0] * config.NHead, dtype: ScalarType.Float32);

        public Tensor Attended { get; } = empty_like(x);                                    // (N, E)

        public Tensor Middle { get; } = empty_like(x);                                      // (N, E): the residual stream between the two parts

        public Tensor MlpStatistics { get; } = Statistics(x);

        public Tensor MlpInput { get; } = empty_like(x);                                    // (N, E)

        public Tensor Up { get; } = Rows(x, config.Inner);                                  // (N, I): before the activation

        public void Dispose()
        {
            foreach (var tensor in (Tensor[])[AttentionStatistics, AttentionInput, Qkv, LogSums, Attended, Middle, MlpStatistics, MlpInput, Up]) tensor.Dispose();
        }
    }

    /// <summary>Gradients that live within one layer, shared by all layers.</summary>
    private sealed class Scratch(Tensor x, Gpt2Config config)
    {
        public Tensor Active { get; } = Rows(x, config.Inner);

        public Tensor Dup { get; } = Rows(x, config.Inner);

        public Tensor Dinput { get; } = empty_like(x);

        public Tensor Dqkv { get; } = Rows(x, 3L * config.NEmbd);
    }

    private static Tensor Rows(Tensor like, long columns) => empty([like.shape[0], columns], dtype: like.dtype);
}
