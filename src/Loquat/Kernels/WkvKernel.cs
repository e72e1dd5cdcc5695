using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// The weighted mean of RWKV-4 (Peng et al. 2023, eq. 16) for each channel: y_t = (n + e^(u + k) v) / (d + e^(u + k)), and then n ← e^w n + e^k v, d ← e^w d + e^k.
/// Sums are kept with the largest exponent apart, as are the gradients of them on the way back, so that no length and no key overflows.
/// One index is eight channels of one sequence: sequence · blocks + block.
/// </summary>
internal static unsafe class WkvKernel
{
    /// <summary>The exponent of a sum of nothing.</summary>
    public const float Nothing = -1e38f;

    public struct Forward : IRangeBody
    {
        public float* Keys, Values;     // (B, T, C)
        public float* Decay, First;     // (C): w, below 0, and u
        public byte* Marks;             // (B, T) or null
        public float* State;            // (B, 3, C): n, d, and their exponent. In: to begin with. Out: after the last token
        public float* Y;                // (B, T, C), overwritten
        public long Tokens, Channels;

        public readonly void Run(long begin, long end)
        {
            var blocks = (Channels + Lanes.Count - 1) / Lanes.Count;
            for (var index = begin; index < end; index++) Block(index / blocks, index % blocks * Lanes.Count);
        }

        private readonly void Block(long sequence, long channel)
        {
            var left = Channels - channel;
            var (w, u) = (Lanes.Load<float, Single32>(Decay + channel, left), Lanes.Load<float, Single32>(First + channel, left));
            var sums = Sums.Load(State + sequence * 3 * Channels + channel, Channels, left);
            for (long t = 0; t < Tokens; t++)
            {
                var at = (sequence * Tokens + t) * Channels + channel;
                var mark = Marks == null ? 0 : Marks[sequence * Tokens + t];
                if ((mark & SequenceMark.Padding) != 0)
                {
                    Lanes.Store<float, Single32>(Y + at, Vector256<float>.Zero, left);
                    continue;
                }
                if ((mark & SequenceMark.Start) != 0) sums = Sums.Empty;
                var (k, v) = (Lanes.Load<float, Single32>(Keys + at, left), Lanes.Load<float, Single32>(Values + at, left));
                var mean = sums.With(k + u, v);
                Lanes.Store<float, Single32>(Y + at, mean.Above / mean.Below, left);
                sums = sums.Decayed(w).With(k, v);
            }
            sums.Store(State + sequence * 3 * Channels + channel, Channels, left);
        }
    }

    public struct Backward : IRangeBody
    {
        public float* Keys, Values, Decay, First;
        public byte* Marks;
        public float* State;            // (B, 3, C): to begin with; or null: nothing
        public float* Dy;               // (B, T, C)
        public float* Dkeys, Dvalues;   // (B, T, C), overwritten
        public float* Ddecay, Dfirst;   // (B, C), overwritten: from each sequence
        public long Tokens, Channels;

        public readonly void Run(long begin, long end)
        {
            var kept = (float*)NativeMemory.AlignedAlloc((nuint)(3 * Tokens * Lanes.Count * sizeof(float)), 64);
            try
            {
                var blocks = (Channels + Lanes.Count - 1) / Lanes.Count;
                for (var index = begin; index < end; index++) Run(index / blocks, index % blocks * Lanes.Count, kept);
            }
            finally
            {
                NativeMemory.AlignedFree(kept);
            }
        }

        /// <param name="kept">(T, 3, 8): the sums that each token found.</param>
        private readonly void Run(long sequence, long channel, float* kept)
        {
            var left = Channels - channel;
            var (w, u) = (Lanes.Load<float, Single32>(Decay + channel, left), Lanes.Load<float, Single32>(First + channel, left));
            var sums = State == null ? Sums.Empty : Sums.Load(State + sequence * 3 * Channels + channel, Channels, left);
            for (long t = 0; t < Tokens; t++)
            {
                var at = (sequence * Tokens + t) * Channels + channel;
                var mark = Marks == null ? 0 : Marks[sequence * Tokens + t];
                if ((mark & SequenceMark.Start) != 0) sums = Sums.Empty;
                sums.Store(kept + t * 3 * Lanes.Count, Lanes.Count, Lanes.Count);
                if ((mark & SequenceMark.Padding) == 0) sums = sums.Decayed(w).With(Lanes.Load<float, Single32>(Keys + at, left), Lanes.Load<float, Single32>(Values + at, left));
            }
            var later = Sums.Empty;         // gradients of the sums after token t, with an exponent of their own
            var (dw, du) = (Vector256<float>.Zero, Vector256<float>.Zero);
            for (var t = Tokens - 1; t >= 0; t--)
            {
                var at = (sequence * Tokens + t) * Channels + channel;
                var mark = Marks == null ? 0 : Marks[sequence * Tokens + t];
                if ((mark & SequenceMark.Padding) != 0)
                {
                    Lanes.Store<float, Single32>(Dkeys + at, Vector256<float>.Zero, left);
                    Lanes.Store<float, Single32>(Dvalues + at, Vector256<float>.Zero, left);
                    continue;
                }
                var (k, v, dy) = (Lanes.Load<float, Single32>(Keys + at, left), Lanes.Load<float, Single32>(Values + at, left), Lanes.Load<float, Single32>(Dy + at, left));
                sums = Sums.Load(kept + t * 3 * Lanes.Count, Lanes.Count, Lanes.Count);

                // As a part of the sums after it. No exponent here is above 0: that of the gradient is the negative of a sum's that holds e^k.
                var weight = VectorMath.Exp(k + later.Exponent);
                var dv = weight * later.Above;
                var dk = weight * Vector256.FusedMultiplyAdd(later.Above, v, later.Below);
                dw = Vector256.FusedMultiplyAdd(VectorMath.Exp(w + later.Exponent + sums.Exponent), Vector256.FusedMultiplyAdd(later.Above, sums.Above, later.Below * sums.Below), dw);

                // As a part of its own mean.
                var mean = sums.With(k + u, v);
                var (y, share) = (mean.Above / mean.Below, dy / mean.Below);
                var own = VectorMath.Exp(k + u - mean.Exponent) * share;
                dv += own;
                var dbonus = own * (v - y);
                dk += dbonus;
                du += dbonus;
                Lanes.Store<float, Single32>(Dkeys + at, dk, left);
                Lanes.Store<float, Single32>(Dvalues + at, dv, left);

                later = (mark & SequenceMark.Start) != 0 ? Sums.Empty : later.Decayed(w).Plus(-mean.Exponent, share, -share * y);
            }
            Lanes.Store<float, Single32>(Ddecay + sequence * Channels + channel, dw, left);
            Lanes.Store<float, Single32>(Dfirst + sequence * Channels + channel, du, left);
        }
    }

    /// <summary>A numerator and a denominator, both times e^-exponent.</summary>
    private readonly struct Sums(Vector256<float> above, Vector256<float> below, Vector256<float> exponent)
    {
        public Vector256<float> Above { get; } = above;

        public Vector256<float> Below { get; } = below;

        public Vector256<float> Exponent { get; } = exponent;

        public static Sums Empty => new(Vector256<float>.Zero, Vector256<float>.Zero, Vector256.Create(Nothing));

        public static Sums Load(float* state, long stride, long left) =>
            new(Lanes.Load<float, Single32>(state, left), Lanes.Load<float, Single32>(state + stride, left), Lanes.Load<float, Single32>(state + 2 * stride, left));

        public void Store(float* state, long stride, long left)
        {
            Lanes.Store<float, Single32>(state, Above, left);
            Lanes.Store<float, Single32>(state + stride, Below, left);
            Lanes.Store<float, Single32>(state + 2 * stride, Exponent, left);
        }

        public Sums Decayed(Vector256<float> w) => new(Above, Below, Exponent + w);

        /// <summary>With e^k v above and e^k below.</summary>
        public Sums With(Vector256<float> k, Vector256<float> v) => Plus(k, v, Vector256<float>.One);

        public Sums Plus(Vector256<float> k, Vector256<float> above, Vector256<float> below)
        {
            var most = Vector256.MaxNative(Exponent, k);
            var (old, fresh) = (VectorMath.Exp(Exponent - most), VectorMath.Exp(k - most));
            return new(Vector256.FusedMultiplyAdd(old, Above, fresh * above), Vector256.FusedMultiplyAdd(old, Below, fresh * below), most);
        }
    }
}
