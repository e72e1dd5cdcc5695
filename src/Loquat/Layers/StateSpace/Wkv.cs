using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.StateSpace;

/// <summary>
/// The mean of values that RWKV-4 has in place of attention (Peng et al. 2023, eq. 16), for each channel by itself, in float32: earlier tokens weigh e^(k + (distance - 1) w), the present one e^(u + k).
/// On the CPU forward and backward are kernels; elsewhere it goes step by step. Both keep the largest exponent apart, so that long texts do not overflow.
/// </summary>
internal static class Wkv
{
    // B batch, T tokens, C channels

    /// <param name="decay">(C): w, below 0.</param>
    /// <param name="first">(C): u.</param>
    /// <param name="keys">(B, T, C).</param>
    /// <param name="values">(B, T, C).</param>
    /// <param name="state">(B, 3, C) float32 from <see cref="State"/>: to begin with; holds the last one afterwards. Null: nothing came before. Gradients end at it.</param>
    /// <returns>(B, T, C) float32.</returns>
    public static Tensor Apply(Tensor decay, Tensor first, Tensor keys, Tensor values, Tensor? state = null, TokenMarks? marks = null)
    {
        if (keys.device_type != DeviceType.CPU) return Composite(decay, first, keys, values, state, marks);
        var (k, v) = (keys.to(ScalarType.Float32).contiguous(), values.to(ScalarType.Float32).contiguous());
        var beside = new Beside(state, marks?.Bytes);
        if (is_grad_enabled()) return Function.apply(decay, first, k, v, beside);
        using var fresh = state is null ? State(k.shape[0], k.shape[2]) : null;
        return Forward(decay, first, k, v, state ?? fresh!, beside.Marks);
    }

    /// <summary>What a text begins with: no sums, and no exponent.</summary>
    public static Tensor State(long batch, long channels)
    {
        var state = zeros(batch, 3, channels);
        state.select(1, 2).fill_(WkvKernel.Nothing);
        return state;
    }

    /// <summary>The definition, step by step in tensor operations: other devices, and the reference of the tests.</summary>
    internal static Tensor Composite(Tensor decay, Tensor first, Tensor keys, Tensor values, Tensor? state, TokenMarks? marks)
    {
        var (k, v) = (keys.to(ScalarType.Float32), values.to(ScalarType.Float32));
        var start = State(1, k.shape[2]).to(k.device);
        var sums = (state?.clone() ?? start.expand(k.shape[0], -1, -1)).unbind(1);
        var outputs = new Tensor[k.shape[1]];
        for (var t = 0; t < outputs.Length; t++)
        {
            if (marks?.Starts is { } starts)
                for (var i = 0; i < 3; i++) sums[i] = where(starts.select(1, t).unsqueeze(1), start.select(1, i), sums[i]);
            var (key, value) = (k.select(1, t), v.select(1, t));
            var mean = With(sums[0], sums[1], sums[2], key + first, value);
            var next = With(sums[0], sums[1], sums[2] + decay, key, value);
            var y = mean[0] / mean[1];
            if (marks?.Padding is { } padding)
            {
                var skipped = padding.select(1, t).unsqueeze(1);
                for (var i = 0; i < 3; i++) next[i] = where(skipped, sums[i], next[i]);
                y = y.masked_fill(skipped, 0);
            }
            (sums, outputs[t]) = (next, y);
        }
        if (state is not null)
        {
            using var guard = no_grad();
            state.copy_(stack(sums, 1).detach());
        }
        return stack(outputs, 1);
    }

    private static Tensor[] With(Tensor above, Tensor below, Tensor exponent, Tensor k, Tensor v)
    {
        var most = maximum(exponent, k).detach();       // any number will do here: it cancels
        var (old, fresh) = (exp(exponent - most), exp(k - most));
        return [old * above + fresh * v, old * below + fresh, most];
    }

    private sealed record Beside(Tensor? State, Tensor? Marks);

    private static Tensor[] Saved(Tensor? tensor) => tensor is null ? [] : [tensor];

    private static unsafe Tensor Forward(Tensor decay, Tensor first, Tensor k, Tensor v, Tensor state, Tensor? marks)
    {
        var y = empty_like(k);
        var body = new WkvKernel.Forward
        {
            Keys = k.Pointer<float>(),
            Values = v.Pointer<float>(),
            Decay = decay.Pointer<float>(),
            First = first.Pointer<float>(),
            Marks = marks is null ? null : marks.Pointer<byte>(),
            State = state.Pointer<float>(),
            Y = y.Pointer<float>(),
            Tokens = k.shape[1],
            Channels = k.shape[2],
        };
        OpenMP.For(0, Blocks(k), Grain.Rows(4 * k.shape[1] * Lanes.Count), ref body);
        return y;
    }

    private static long Blocks(Tensor k) => k.shape[0] * ((k.shape[2] + Lanes.Count - 1) / Lanes.Count);

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(Wkv);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            var (decay, first, k, v, beside) = ((Tensor)arguments[0], (Tensor)arguments[1], (Tensor)arguments[2], (Tensor)arguments[3], (Beside)arguments[4]);
            // The backward pass begins with the state as it is now; the cache goes on.
            context.save_for_backward([decay, first, k, v, .. Saved(beside.State?.clone()), .. Saved(beside.Marks)]);
            context.save_data("given", (beside.State is not null, beside.Marks is not null));
            return Forward(decay, first, k, v, beside.State ?? State(k.shape[0], k.shape[2]), beside.Marks);
        }

        public override unsafe List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            using var guard = no_grad();
            var saved = context.get_saved_variables();
            var (decay, first, k, v) = (saved[0], saved[1], saved[2], saved[3]);
            var (hasState, hasMarks) = ((bool, bool))context.get_data("given");
            var beside = new Beside(hasState ? saved[4] : null, hasMarks ? saved[^1] : null);
            using var dy = gradient.contiguous();
            var (dk, dv) = (empty_like(k), empty_like(v));
            using var sums = empty(2, k.shape[0], k.shape[2]);
            var body = new WkvKernel.Backward
            {
                Keys = k.Pointer<float>(),
                Values = v.Pointer<float>(),
                Decay = decay.Pointer<float>(),
                First = first.Pointer<float>(),
                Marks = beside.Marks is null ? null : beside.Marks.Pointer<byte>(),
                State = beside.State is null ? null : beside.State.Pointer<float>(),
                Dy = dy.Pointer<float>(),
                Dkeys = dk.Pointer<float>(),
                Dvalues = dv.Pointer<float>(),
                Ddecay = sums.Pointer<float>(),
                Dfirst = sums.Pointer<float>() + sums.numel() / 2,
                Tokens = k.shape[1],
                Channels = k.shape[2],
            };
            OpenMP.For(0, Blocks(k), Grain.Rows(8 * k.shape[1] * Lanes.Count), ref body);
            return [sums[0].sum([0L]), sums[1].sum([0L]), dk, dv, null!];
        }
    }
}
