using Loquat.Layers;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.Llama;

/// <summary>The training pass of <see cref="LlamaModel"/>.</summary>
internal sealed class LlamaTrainingPass(LlamaConfig config, LlamaLayer[] layers, Parameter finalNorm, RotaryEmbedding rotary, long tokens, int checkpointed) :
    LayeredTrainingPass<LlamaTrainingPass.Kept>(layers.Length, checkpointed)
{
    // N = B · T rows, E width, H query heads, K key/value heads, D head size, I feed-forward width

    /// <summary>Whether the derivatives of such a model are written out here, for sequences of so many tokens: windows that none of them leaves are none.</summary>
    public static bool Serves(LlamaConfig config, long tokens, bool training) =>
        config.Traits is { Norms: NormPlacement.Before, QkNorm: not HeadNorm.Together, ShiftedGains: false, Fused: false, Experts: false } &&
        config is { AttnLogitSoftcapping: null, QueryPreAttnScalar: null, LocalRope: null, UsesRope.Count: 0, RopeParameters.PartialRotaryFactor: 1 } &&
        (config.SlidingWindow ?? tokens) >= tokens && (config is { AttentionDropout: 0, ResidPdrop: 0 } || !training) && Activation.HasKernel(config.HiddenAct);

    private Tensor _last = null!, _lastReciprocal = null!;
    private Scratch? _scratch;

    protected override Tensor Finish(Tensor x)
    {
        (_last, _lastReciprocal) = (x, Reals(x.shape[0]));
        var y = empty_like(x);
        RmsNorm.Forward(x, finalNorm.Value, config.RmsNormEps, y, _lastReciprocal);
        return y;
    }

    protected override Tensor FinishBackward(Tensor gradient)
    {
        var dx = empty_like(_last);
        Normalization(_last, finalNorm, _lastReciprocal, gradient, dx, add: false);
        _scratch = new Scratch(_last, config);
        return dx;
    }

    protected override Kept Inside(int index, Tensor x)
    {
        var (layer, kept) = (layers[index], new Kept(x, config));
        RmsNorm.Forward(x, layer.AttentionNorm!.Value, config.RmsNormEps, kept.AttentionInput, kept.AttentionReciprocal);
        layer.Query.Into(kept.RawQuery, kept.AttentionInput);
        layer.Key.Into(kept.RawKey, kept.AttentionInput);
        layer.Value.Into(kept.Value, kept.AttentionInput);
        Rotate(kept.RawQuery, kept.Query, layer.QueryNorm, kept.QueryReciprocal);
        Rotate(kept.RawKey, kept.Key, layer.KeyNorm, kept.KeyReciprocal);
        Heads(kept).Forward(kept.Attended, kept.LogSums);
        layer.Out.AddInto(kept.Middle, kept.Attended, x);
        RmsNorm.Forward(kept.Middle, layer.MlpNorm!.Value, config.RmsNormEps, kept.MlpInput, kept.MlpReciprocal);
        layer.Gate.Into(kept.Gate, kept.MlpInput);
        layer.Up.Into(kept.Up, kept.MlpInput);
        return kept;
    }

    protected override Tensor Output(int index, Kept kept)
    {
        using var active = empty_like(kept.Gate);
        ActivationLauncher.Forward(config.HiddenAct, kept.Gate, kept.Up, active);
        var y = empty_like(kept.Middle);
        layers[index].Down.AddInto(y, active, kept.Middle);
        return y;
    }

    protected override void Backward(int index, Tensor x, Kept kept, Tensor dx)
    {
        var (layer, scratch) = (layers[index], _scratch!);
        Products.Into(scratch.Dactive, dx, layer.Down.Weight.Value);
        // The gradients of gate and up take their place.
        ActivationLauncher.Backward(config.HiddenAct, kept.Gate, kept.Up, scratch.Dactive, kept.Gate, kept.Up, scratch.Active);
        layer.Down.AddGradient(dx, scratch.Active);
        layer.Gate.AddGradient(kept.Gate, kept.MlpInput);
        layer.Up.AddGradient(kept.Up, kept.MlpInput);
        Products.Into(scratch.Dinput, kept.Gate, layer.Gate.Weight.Value);
        Products.Into(scratch.Dinput, kept.Up, layer.Up.Weight.Value, add: true);
        Normalization(kept.Middle, layer.MlpNorm!, kept.MlpReciprocal, scratch.Dinput, dx, add: true);

        layer.Out.AddGradient(dx, kept.Attended);
        Products.Into(scratch.Dattended, dx, layer.Out.Weight.Value);
        Heads(kept).Backward(kept.LogSums, scratch.Dattended, scratch.Dquery, scratch.Dkey, scratch.Dvalue);
        RotateBack(scratch.Dquery, kept.RawQuery, layer.QueryNorm, kept.QueryReciprocal);
        RotateBack(scratch.Dkey, kept.RawKey, layer.KeyNorm, kept.KeyReciprocal);
        layer.Query.AddGradient(scratch.Dquery, kept.AttentionInput);
        layer.Key.AddGradient(scratch.Dkey, kept.AttentionInput);
        layer.Value.AddGradient(scratch.Dvalue, kept.AttentionInput);
        Products.Into(scratch.Dinput, scratch.Dquery, layer.Query.Weight.Value);
        Products.Into(scratch.Dinput, scratch.Dkey, layer.Key.Weight.Value, add: true);
        Products.Into(scratch.Dinput, scratch.Dvalue, layer.Value.Weight.Value, add: true);
        Normalization(x, layer.AttentionNorm!, kept.AttentionReciprocal, scratch.Dinput, dx, add: true);
    }

    private CausalAttention Heads(Kept kept) => new(kept.Query, kept.Key, kept.Value, tokens, config.HeadSize);

    private void Rotate(Tensor raw, Tensor rotated, Parameter? norm, Tensor reciprocal)
    {
        using var x = Split(raw);
        using var y = Split(rotated);
        rotary.Forward(x, y, norm?.Value, reciprocal, config.RmsNormEps);
    }

    private void RotateBack(Tensor gradient, Tensor raw, Parameter? norm, Tensor reciprocal)
    {
        using var dy = Split(gradient);
        if (norm is null)
        {
            rotary.Backward([], dy, dy, null, addToWeight: false);
            return;
        }
        using var x = Split(raw);
        var (dw, add) = norm.GradientBuffer();
        rotary.Backward([x, norm.Value, reciprocal], dy, dy, dw, add);
        dw.Dispose();
    }

    /// <summary>(N, heads · D) → (B, T, heads, D).</summary>
    private Tensor Split(Tensor x) => x.view(x.shape[0] / tokens, tokens, -1, config.HeadSize);

    private static void Normalization(Tensor x, Parameter norm, Tensor reciprocal, Tensor dy, Tensor dx, bool add)
    {
        var (dw, addToWeight) = norm.GradientBuffer();
        RmsNorm.Backward(x, norm.Value, reciprocal, dy, dx, add, dw, addToWeight);
        dw.Dispose();
    }

    private static Tensor Reals(long count) => empty(count, dtype: ScalarType.Float32);

    private static Tensor Rows(Tensor like, long columns) => empty([like.shape[0], columns], dtype: like.dtype);

    /// <summary>What a layer's backward pass needs of its forward pass. The product of gate and up is not here: it is computed anew.</summary>
    internal sealed class Kept : IDisposable
    {
        public Kept(Tensor x, LlamaConfig config)
        {
            var (rows, queries, keys) = (x.shape[0], (long)config.AttentionWidth, (long)config.KeyValueHeads * config.HeadSize);
            AttentionReciprocal = Reals(rows);
            AttentionInput = empty_like(x);
            RawQuery = Rows(x, queries);
            RawKey = Rows(x, keys);
            Value = Rows(x, keys);
            // Without a normalization the rotation happens in place: its gradient needs nothing of its input.
            Query = config.Traits.QkNorm == HeadNorm.Each ? Rows(x, queries) : RawQuery;
            Key = config.Traits.QkNorm == HeadNorm.Each ? Rows(x, keys) : RawKey;
            QueryReciprocal = Reals(rows * config.NumAttentionHeads);
            KeyReciprocal = Reals(rows * config.KeyValueHeads);
            LogSums = Reals(rows * config.NumAttentionHeads);
            Attended = Rows(x, queries);
            Middle = empty_like(x);
            MlpReciprocal = Reals(rows);
            MlpInput = empty_like(x);
            Gate = Rows(x, config.IntermediateSize);
            Up = Rows(x, config.IntermediateSize);
        }

        public Tensor AttentionReciprocal { get; }                      // (N)

        public Tensor AttentionInput { get; }                           // (N, E)

        public Tensor RawQuery { get; }                                 // (N, H · D)

        public Tensor RawKey { get; }                                   // (N, K · D)

        public Tensor Value { get; }                                    // (N, K · D)

        public Tensor Query { get; }                                    // (N, H · D), normalized and rotated

        public Tensor Key { get; }                                      // (N, K · D), normalized and rotated

        public Tensor QueryReciprocal { get; }                          // (N · H)

        public Tensor KeyReciprocal { get; }                            // (N · K)

        public Tensor LogSums { get; }                                  // (N · H)

        public Tensor Attended { get; }                                 // (N, H · D)

        public Tensor Middle { get; }                                   // (N, E): the residual stream between the two parts

        public Tensor MlpReciprocal { get; }                            // (N)

        public Tensor MlpInput { get; }                                 // (N, E)

        public Tensor Gate { get; }                                     // (N, I)

        public Tensor Up { get; }                                       // (N, I)

        public void Dispose()
        {
            foreach (var tensor in (Tensor[])[AttentionReciprocal, AttentionInput, RawQuery, RawKey, Value, Query, Key, QueryReciprocal, KeyReciprocal,
                LogSums, Attended, Middle, MlpReciprocal, MlpInput, Gate, Up]) tensor.Dispose();
        }
    }

    /// <summary>Gradients that live within one layer, shared by all layers.</summary>
    private sealed class Scratch(Tensor x, LlamaConfig config)
    {
        private readonly long _queries = config.AttentionWidth, _keys = (long)config.KeyValueHeads * config.HeadSize;

        public Tensor Active { get; } = Rows(x, config.IntermediateSize);

        public Tensor Dactive { get; } = Rows(x, config.IntermediateSize);

        public Tensor Dinput { get; } = empty_like(x);

        public Tensor Dattended => field ??= Rows(x, _queries);

        public Tensor Dquery => field ??= Rows(x, _queries);

        public Tensor Dkey => field ??= Rows(x, _keys);

        public Tensor Dvalue => field ??= Rows(x, _keys);
    }
}
