using Loquat.Kernels;
using Loquat.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers.StateSpace;

/// <summary>
/// The selective scan of Mamba (Gu and Dao 2023, algorithm 2): dt = softplus(δ); h_t = exp(dt A) h_(t-1) + dt B_t u_t; y_t = (C_t · h_t + D u_t) · silu(z_t), for each channel by itself,
/// in float32. On the CPU forward and backward are kernels; elsewhere it goes step by step.
/// </summary>
internal static class SelectiveScan
{
    // B batch, T tokens, D channels, N states of a channel

    /// <param name="u">(B, T, D).</param>
    /// <param name="delta">(B, T, D), before softplus.</param>
    /// <param name="a">(D, N): rates, below 0.</param>
    /// <param name="b">(B, T, N).</param>
    /// <param name="c">(B, T, N).</param>
    /// <param name="d">(D).</param>
    /// <param name="z">(B, T, D); null: no gate.</param>
    /// <param name="state">(B, N, D) float32: to begin with; holds the last one afterwards. Null: zeros. Gradients end at it.</param>
    /// <returns>(B, T, D) float32.</returns>
    public static Tensor Apply(Tensor u, Tensor delta, Tensor a, Tensor b, Tensor c, Tensor d, Tensor? z = null, Tensor? state = null, TokenMarks? marks = null)
    {
        if (u.device_type != DeviceType.CPU) return Composite(u, delta, a, b, c, d, z, state, marks);
        Tensor[] wide = [.. ((Tensor[])[u, delta, a, b, c, d]).Select(Wide)];
        if (z is not null) wide = [.. wide, Wide(z)];
        var beside = new Beside(state, marks?.Bytes);
        if (is_grad_enabled()) return Function.apply([.. wide, beside]);
        var inputs = new Inputs(wide, beside.Marks);
        using var fresh = state is null ? inputs.Zeros() : null;
        return Forward(inputs, state ?? fresh!, kept: null);
    }

    private static Tensor Wide(Tensor x) => x.to(ScalarType.Float32).contiguous();

    /// <summary>The definition, step by step in tensor operations: other devices, and the reference of the tests.</summary>
    internal static Tensor Composite(Tensor u, Tensor delta, Tensor a, Tensor b, Tensor c, Tensor d, Tensor? z, Tensor? state, TokenMarks? marks)
    {
        var (dt, x) = (nn.functional.softplus(delta.to(ScalarType.Float32)), u.to(ScalarType.Float32));
        var h = state?.transpose(1, 2).clone() ?? zeros([u.shape[0], a.shape[0], a.shape[1]], device: u.device);        // (B, D, N)
        var outputs = new Tensor[u.shape[1]];
        for (var t = 0; t < outputs.Length; t++)
        {
            if (marks?.Starts is { } starts) h = h.masked_fill(starts.select(1, t).view(-1, 1, 1), 0);
            var step = dt.select(1, t).unsqueeze(-1);                                                                   // (B, D, 1)
            var next = exp(step * a) * h + step * b.select(1, t).unsqueeze(1) * x.select(1, t).unsqueeze(-1);
            var y = (next * c.select(1, t).unsqueeze(1)).sum(-1) + d * x.select(1, t);                                  // (B, D)
            if (marks?.Padding is { } padding)
            {
                var skipped = padding.select(1, t);
                next = where(skipped.view(-1, 1, 1), h, next);
                y = y.masked_fill(skipped.unsqueeze(1), 0);
            }
            (h, outputs[t]) = (next, y);
        }
        if (state is not null)
        {
            using var guard = no_grad();
            state.copy_(h.detach().transpose(1, 2));
        }
        var output = stack(outputs, 1);
        return z is null ? output : output * Activation.Composite(z.to(ScalarType.Float32), ActivationKind.Silu);
    }

    /// <summary>What goes along with the tensors of a scan and has no gradient.</summary>
    private sealed record Beside(Tensor? State, Tensor? Marks);

    /// <summary>What the kernels read: contiguous float32 on the CPU.</summary>
    internal sealed class Inputs
    {
        /// <param name="tensors">u, delta, a, b, c, d, and z where there is a gate.</param>
        public Inputs(IReadOnlyList<Tensor> tensors, Tensor? marks)
        {
            (U, Delta, B, C, D, Z, Marks) = (tensors[0], tensors[1], tensors[3], tensors[4], tensors[5], tensors.Count > 6 ? tensors[6] : null, marks);
            using var guard = no_grad();
            Rates = tensors[2].t().contiguous();                                                                        // (N, D)
        }

        public Tensor U { get; }

        public Tensor Delta { get; }

        public Tensor Rates { get; }

        public Tensor B { get; }

        public Tensor C { get; }

        public Tensor D { get; }

        public Tensor? Z { get; }

        public Tensor? Marks { get; }

        public long Batch => U.shape[0];

        public long Tokens => U.shape[1];

        public long Channels => U.shape[2];

        public long States => Rates.shape[0];

        public Tensor Zeros() => zeros(Batch, States, Channels);
    }

    /// <summary>The kernel itself, without autograd.</summary>
    /// <param name="state">(B, N, D): to begin with; overwritten with the last one.</param>
    /// <param name="kept">(B, chunks, N, D), overwritten: what the backward pass needs; null: nothing.</param>
    internal static unsafe Tensor Forward(Inputs x, Tensor state, Tensor? kept)
    {
        var y = empty(x.U.shape);
        var body = new SelectiveScanKernel.Forward
        {
            U = x.U.Pointer<float>(),
            Delta = x.Delta.Pointer<float>(),
            Gate = x.Z is null ? null : x.Z.Pointer<float>(),
            A = x.Rates.Pointer<float>(),
            Input = x.B.Pointer<float>(),
            Output = x.C.Pointer<float>(),
            Skip = x.D.Pointer<float>(),
            Marks = x.Marks is null ? null : x.Marks.Pointer<byte>(),
            State = state.Pointer<float>(),
            Kept = kept is null ? null : kept.Pointer<float>(),
            Y = y.Pointer<float>(),
            Tokens = x.Tokens,
            Channels = x.Channels,
            States = x.States,
        };
        OpenMP.For(0, x.Batch * ((x.Channels + Lanes.Count - 1) / Lanes.Count), Grain.Rows(x.Tokens * x.States * Lanes.Count), ref body);
        return y;
    }

    /// <summary>Gradients of u, delta, a, b, c, d, and z where there is a gate.</summary>
    /// <param name="dstate">(B, N, D): of the last state; overwritten with that of the first.</param>
    internal static unsafe List<Tensor> Backward(Inputs x, Tensor kept, Tensor dy, Tensor dstate)
    {
        var groups = (x.Channels + SelectiveScanKernel.Blocks * Lanes.Count - 1) / (SelectiveScanKernel.Blocks * Lanes.Count);
        var (du, ddelta, dz) = (empty_like(x.U), empty_like(x.U), x.Z is null ? null : empty_like(x.U));
        var da = empty(x.Batch, x.States, x.Channels);
        var (db, dc) = (empty(groups, x.Batch, x.Tokens, x.States), empty(groups, x.Batch, x.Tokens, x.States));
        var dd = empty(x.Batch, x.Channels);
        var body = new SelectiveScanKernel.Backward
        {
            U = x.U.Pointer<float>(),
            Delta = x.Delta.Pointer<float>(),
            Gate = x.Z is null ? null : x.Z.Pointer<float>(),
            A = x.Rates.Pointer<float>(),
            Input = x.B.Pointer<float>(),
            Output = x.C.Pointer<float>(),
            Skip = x.D.Pointer<float>(),
            Marks = x.Marks is null ? null : x.Marks.Pointer<byte>(),
            Kept = kept.Pointer<float>(),
            Dy = dy.Pointer<float>(),
            Dstate = dstate.Pointer<float>(),
            Du = du.Pointer<float>(),
            Ddelta = ddelta.Pointer<float>(),
            Dgate = dz is null ? null : dz.Pointer<float>(),
            Da = da.Pointer<float>(),
            Dinput = db.Pointer<float>(),
            Doutput = dc.Pointer<float>(),
            Dskip = dd.Pointer<float>(),
            Batch = x.Batch,
            Tokens = x.Tokens,
            Channels = x.Channels,
            States = x.States,
        };
        OpenMP.For(0, groups * x.Batch, 1, ref body);
        List<Tensor> gradients = [du, ddelta, da.sum([0L]).t(), db.sum([0L]), dc.sum([0L]), dd.sum([0L])];
        if (dz is not null) gradients.Add(dz);
        return gradients;
    }

    private sealed class Function : autograd.SingleTensorFunction<Function>
    {
        public override string Name => nameof(SelectiveScan);

        public override Tensor forward(autograd.AutogradContext context, params object[] arguments)
        {
            List<Tensor> tensors = [.. arguments[..^1].Cast<Tensor>()];
            var beside = (Beside)arguments[^1];
            var inputs = new Inputs(tensors, beside.Marks);
            var kept = empty(inputs.Batch, SelectiveScanKernel.Chunks(inputs.Tokens), inputs.States, inputs.Channels);
            var y = Forward(inputs, beside.State ?? inputs.Zeros(), kept);
            // Marks too: the scope that they were made in ends before the backward pass.
            context.save_for_backward(beside.Marks is null ? [.. tensors, kept] : [.. tensors, kept, beside.Marks]);
            context.save_data("marked", beside.Marks is not null);
            return y;
        }

        public override List<Tensor> backward(autograd.AutogradContext context, Tensor gradient)
        {
            using var guard = no_grad();
            var saved = context.get_saved_variables();
            var marks = (bool)context.get_data("marked") ? saved[^1] : null;
            if (marks is not null) saved = saved[..^1];
            var inputs = new Inputs(saved[..^1], marks);
            return [.. Backward(inputs, saved[^1], gradient.contiguous(), inputs.Zeros()), null!];
        }
    }
}
