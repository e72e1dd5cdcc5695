using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// The selective scan of Mamba (Gu and Dao 2023, algorithm 2) for each channel: dt = softplus(δ); h = exp(dt · A) h' + dt B u; y = (C · h + D u) · silu(z).
/// Channels are independent of each other, so they are what lanes and threads share. Time goes in chunks: the forward pass keeps the state at the beginning of each,
/// the backward pass computes those within one anew, where they stay in the first cache.
/// </summary>
internal static unsafe class SelectiveScanKernel
{
    /// <summary>Tokens of a chunk.</summary>
    public const int Chunk = 16;

    /// <summary>Blocks of eight channels that one index of the backward pass goes through.</summary>
    public const int Blocks = 8;

    private const float Log2E = 1.44269504f;

    /// <summary>One index is eight channels of one sequence: sequence · blocks + block.</summary>
    public struct Forward : IRangeBody
    {
        public float* U, Delta;         // (B, T, D)
        public float* Gate;             // (B, T, D): z; or null: no gate
        public float* A;                // (N, D)
        public float* Input, Output;    // (B, T, N): B and C
        public float* Skip;             // (D)
        public byte* Marks;             // (B, T) or null
        public float* State;            // (B, N, D). In: the state to begin with. Out: after the last token
        public float* Kept;             // (B, chunks, N, D): the state before each chunk; or null
        public float* Y;                // (B, T, D), overwritten
        public long Tokens, Channels, States;

        public readonly void Run(long begin, long end)
        {
            var lanes = (float*)NativeMemory.AlignedAlloc((nuint)(2 * States * Lanes.Count * sizeof(float)), 64);
            try
            {
                var blocks = (Channels + Lanes.Count - 1) / Lanes.Count;
                for (var index = begin; index < end; index++) Run(index / blocks, index % blocks * Lanes.Count, lanes, lanes + States * Lanes.Count);
            }
            finally
            {
                NativeMemory.AlignedFree(lanes);
            }
        }

        private readonly void Run(long sequence, long channel, float* h, float* a)
        {
            var left = Channels - channel;
            var state = State + sequence * States * Channels + channel;
            LoadStates(state, h, States, Channels, left);
            LoadRates(A + channel, a, States, Channels, left);
            var skip = Lanes.Load<float, Single32>(Skip + channel, left);
            for (long t = 0; t < Tokens; t++)
            {
                if (Kept != null && t % Chunk == 0) StoreStates(h, Kept + (sequence * Chunks(Tokens) + t / Chunk) * States * Channels + channel, States, Channels, left);
                var (row, at) = (sequence * Tokens + t, (sequence * Tokens + t) * Channels + channel);
                var mark = Marks == null ? 0 : Marks[row];
                if ((mark & SequenceMark.Padding) != 0)
                {
                    Lanes.Store<float, Single32>(Y + at, Vector256<float>.Zero, left);
                    continue;
                }
                if ((mark & SequenceMark.Start) != 0) new Span<float>(h, (int)(States * Lanes.Count)).Clear();
                var (u, dt) = (Lanes.Load<float, Single32>(U + at, left), VectorMath.Softplus(Lanes.Load<float, Single32>(Delta + at, left)));
                var (inflow, y) = (dt * u, skip * u);
                float* b = Input + row * States, c = Output + row * States;
                for (long n = 0; n < States; n++)
                {
                    var next = Vector256.FusedMultiplyAdd(Decay(dt, a, n), Vector256.LoadAligned(h + n * Lanes.Count), inflow * Vector256.Create(b[n]));
                    next.StoreAligned(h + n * Lanes.Count);
                    y = Vector256.FusedMultiplyAdd(next, Vector256.Create(c[n]), y);
                }
                if (Gate != null) y *= Silu.Value(Lanes.Load<float, Single32>(Gate + at, left));
                Lanes.Store<float, Single32>(Y + at, y, left);
            }
            StoreStates(h, state, States, Channels, left);
        }
    }

    /// <summary>One index is <see cref="Blocks"/> blocks of channels of one sequence: group · sequences + sequence.</summary>
    public struct Backward : IRangeBody
    {
        public float* U, Delta, Gate, A, Input, Output, Skip;
        public byte* Marks;
        public float* Kept;             // (B, chunks, N, D)
        public float* Dy;               // (B, T, D)
        public float* Dstate;           // (B, N, D). In: of the state after the last token. Out: of the one to begin with
        public float* Du, Ddelta, Dgate;        // (B, T, D), overwritten
        public float* Da;               // (B, N, D), overwritten: of A, from each sequence
        public float* Dinput, Doutput;  // (groups, B, T, N), overwritten: of B and C, from each group
        public float* Dskip;            // (B, D), overwritten: of D, from each sequence
        public long Batch, Tokens, Channels, States;

        public readonly void Run(long begin, long end)
        {
            // The rows of one token in a workspace: States · 8 floats each.
            var row = States * Lanes.Count;
            var workspace = (float*)NativeMemory.AlignedAlloc((nuint)((Chunk + 1 + 3 * Chunk + 3 * Blocks + 1) * row * sizeof(float)), 64);
            try
            {
                for (var index = begin; index < end; index++) Run(index % Batch, index / Batch, workspace, row);
            }
            finally
            {
                NativeMemory.AlignedFree(workspace);
            }
        }

        private readonly void Run(long sequence, long group, float* workspace, long row)
        {
            float* h = workspace, decays = h + (Chunk + 1) * row, dinput = decays + Chunk * row, doutput = dinput + Chunk * row;
            float* dh = doutput + Chunk * row, da = dh + Blocks * row, dskip = da + Blocks * row;
            new Span<float>(dh, (int)(3 * Blocks * row)).Clear();
            long first = group * Blocks * Lanes.Count, last = Math.Min(Channels, first + Blocks * Lanes.Count);
            for (var channel = first; channel < last; channel += Lanes.Count)
                LoadStates(Dstate + sequence * States * Channels + channel, dh + (channel - first) / Lanes.Count * row, States, Channels, Channels - channel);
            for (var chunk = Chunks(Tokens) - 1; chunk >= 0; chunk--)
            {
                var (start, count) = (chunk * Chunk, (int)Math.Min(Chunk, Tokens - chunk * Chunk));
                new Span<float>(dinput, (int)(2 * Chunk * row)).Clear();
                for (var channel = first; channel < last; channel += Lanes.Count)
                {
                    var block = (channel - first) / Lanes.Count;
                    Again(sequence, chunk, channel, start, count, h, decays, row);
                    Back(sequence, channel, start, count, h, decays, dinput, doutput, dh + block * row, da + block * row, dskip + block * Lanes.Count, row);
                }
                for (var i = 0; i < count; i++)
                {
                    var at = ((group * Batch + sequence) * Tokens + start + i) * States;
                    for (long n = 0; n < States; n++)
                    {
                        Dinput[at + n] = Vector256.Sum(Vector256.LoadAligned(dinput + i * row + n * Lanes.Count));
                        Doutput[at + n] = Vector256.Sum(Vector256.LoadAligned(doutput + i * row + n * Lanes.Count));
                    }
                }
            }
            for (var channel = first; channel < last; channel += Lanes.Count)
            {
                var (block, left) = ((channel - first) / Lanes.Count, Channels - channel);
                StoreStates(dh + block * row, Dstate + sequence * States * Channels + channel, States, Channels, left);
                StoreStates(da + block * row, Da + sequence * States * Channels + channel, States, Channels, left);
                Lanes.Store<float, Single32>(Dskip + sequence * Channels + channel, Vector256.LoadAligned(dskip + block * Lanes.Count), left);
            }
        }

        /// <summary>The states of a chunk, the one before it first, and the factors between them.</summary>
        private readonly void Again(long sequence, long chunk, long channel, long start, int count, float* h, float* decays, long row)
        {
            var left = Channels - channel;
            LoadStates(Kept + (sequence * Chunks(Tokens) + chunk) * States * Channels + channel, h, States, Channels, left);
            for (var i = 0; i < count; i++)
            {
                float* before = h + i * row, after = before + row, decay = decays + i * row;
                var token = sequence * Tokens + start + i;
                var mark = Marks == null ? 0 : Marks[token];
                if ((mark & SequenceMark.Padding) != 0)
                {
                    new Span<float>(before, (int)row).CopyTo(new Span<float>(after, (int)row));
                    continue;
                }
                var dt = VectorMath.Softplus(Lanes.Load<float, Single32>(Delta + token * Channels + channel, left));
                var inflow = dt * Lanes.Load<float, Single32>(U + token * Channels + channel, left);
                var goesOn = (mark & SequenceMark.Start) != 0 ? Vector256<float>.Zero : Vector256<float>.One;
                for (long n = 0; n < States; n++)
                {
                    var rate = Lanes.Load<float, Single32>(A + n * Channels + channel, left) * Vector256.Create(Log2E);
                    var factor = goesOn * VectorMath.Exp2<Lanes256, Vector256<float>>(dt * rate);
                    factor.StoreAligned(decay + n * Lanes.Count);
                    Vector256.FusedMultiplyAdd(factor, Vector256.LoadAligned(before + n * Lanes.Count), inflow * Vector256.Create(Input[token * States + n])).StoreAligned(after + n * Lanes.Count);
                }
            }
        }

        private readonly void Back(long sequence, long channel, long start, int count, float* h, float* decays, float* dinput, float* doutput, float* dh, float* da, float* dskip, long row)
        {
            var left = Channels - channel;
            var (skip, sum) = (Lanes.Load<float, Single32>(Skip + channel, left), Vector256.LoadAligned(dskip));
            for (var i = count - 1; i >= 0; i--)
            {
                var token = sequence * Tokens + start + i;
                var at = token * Channels + channel;
                if (Marks != null && (Marks[token] & SequenceMark.Padding) != 0)
                {
                    Store(at, left, Vector256<float>.Zero, Vector256<float>.Zero, Vector256<float>.Zero);
                    continue;
                }
                float* before = h + i * row, after = before + row, decay = decays + i * row, din = dinput + i * row, dout = doutput + i * row;
                var (u, delta, dy) = (Lanes.Load<float, Single32>(U + at, left), Lanes.Load<float, Single32>(Delta + at, left), Lanes.Load<float, Single32>(Dy + at, left));
                var dt = VectorMath.Softplus(delta);
                var (inflow, dgated, slope) = (dt * u, dy, Vector256<float>.Zero);
                if (Gate != null)
                {
                    (var value, slope) = Silu.Both(Lanes.Load<float, Single32>(Gate + at, left));
                    dy *= value;
                }
                var (y, ddt, through) = (skip * u, Vector256<float>.Zero, Vector256<float>.Zero);
                float* b = Input + token * States, c = Output + token * States;
                for (long n = 0; n < States; n++)
                {
                    var k = n * Lanes.Count;
                    var (next, flow, factor) = (Vector256.LoadAligned(after + k), Vector256.Create(c[n]), Vector256.LoadAligned(decay + k));
                    var g = Vector256.FusedMultiplyAdd(dy, flow, Vector256.LoadAligned(dh + k));            // of the state after this token
                    y = Vector256.FusedMultiplyAdd(next, flow, y);
                    Vector256.FusedMultiplyAdd(dy, next, Vector256.LoadAligned(dout + k)).StoreAligned(dout + k);
                    Vector256.FusedMultiplyAdd(g, inflow, Vector256.LoadAligned(din + k)).StoreAligned(din + k);
                    through = Vector256.FusedMultiplyAdd(g, Vector256.Create(b[n]), through);
                    g *= factor;
                    g.StoreAligned(dh + k);
                    var dexponent = g * Vector256.LoadAligned(before + k);                                  // of dt · A
                    ddt = Vector256.FusedMultiplyAdd(dexponent, Lanes.Load<float, Single32>(A + n * Channels + channel, left), ddt);
                    Vector256.FusedMultiplyAdd(dexponent, dt, Vector256.LoadAligned(da + k)).StoreAligned(da + k);
                }
                sum = Vector256.FusedMultiplyAdd(dy, u, sum);
                ddt = Vector256.FusedMultiplyAdd(through, u, ddt);
                Store(at, left, Vector256.FusedMultiplyAdd(dy, skip, through * dt), ddt * VectorMath.Sigmoid(delta), dgated * y * slope);
            }
            sum.StoreAligned(dskip);
        }

        private readonly void Store(long at, long left, Vector256<float> du, Vector256<float> ddelta, Vector256<float> dgate)
        {
            Lanes.Store<float, Single32>(Du + at, du, left);
            Lanes.Store<float, Single32>(Ddelta + at, ddelta, left);
            if (Gate != null) Lanes.Store<float, Single32>(Dgate + at, dgate, left);
        }
    }

    /// <summary>Chunks of so many tokens.</summary>
    public static long Chunks(long tokens) => (tokens + Chunk - 1) / Chunk;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Decay(Vector256<float> dt, float* rates, long n) =>
        VectorMath.Exp2<Lanes256, Vector256<float>>(dt * Vector256.LoadAligned(rates + n * Lanes.Count));

    private static void LoadRates(float* a, float* lanes, long states, long channels, long left)
    {
        for (long n = 0; n < states; n++) (Lanes.Load<float, Single32>(a + n * channels, left) * Vector256.Create(Log2E)).StoreAligned(lanes + n * Lanes.Count);
    }

    private static void LoadStates(float* states, float* lanes, long count, long channels, long left)
    {
        for (long n = 0; n < count; n++) Lanes.Load<float, Single32>(states + n * channels, left).StoreAligned(lanes + n * Lanes.Count);
    }

    private static void StoreStates(float* lanes, float* states, long count, long channels, long left)
    {
        for (long n = 0; n < count; n++) Lanes.Store<float, Single32>(states + n * channels, Vector256.LoadAligned(lanes + n * Lanes.Count), left);
    }
}
