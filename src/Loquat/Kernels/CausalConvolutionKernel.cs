using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// A convolution of each channel by itself over the tokens up to the present one, with a few taps, as stands before the scan of Mamba: y_t = b + Σ_j w_j x_(t-j).
/// No tap reaches over the first token of a document. One index is a group of channels of one sequence: group · sequences + sequence.
/// </summary>
internal static unsafe class CausalConvolutionKernel
{
    /// <summary>Channels of a group.</summary>
    public const long Group = 64;

    public struct Forward : IRangeBody
    {
        public float* X;            // (B, T, D)
        public float* Weight;       // (K, D): the tap of the present token last
        public float* Bias;         // (D) or null
        public float* History;      // (B, K - 1, D): what came before; or null: nothing
        public byte* Marks;         // (B, T) or null
        public float* Y;            // (B, T, D), overwritten
        public long Batch, Tokens, Channels, Taps;

        public readonly void Run(long begin, long end)
        {
            for (var index = begin; index < end; index++)
            {
                var (sequence, first) = (index % Batch, index / Batch * Group);
                var last = Math.Min(Channels, first + Group);
                for (long t = 0; t < Tokens; t++)
                {
                    var reach = Reach(Marks == null ? null : Marks + sequence * Tokens, t, Taps, History != null);
                    for (var channel = first; channel < last; channel += Lanes.Count)
                    {
                        var left = Channels - channel;
                        var y = Bias == null ? Vector256<float>.Zero : Lanes.Load<float, Single32>(Bias + channel, left);
                        for (long j = 0; j <= reach; j++)
                        {
                            var x = t >= j ? X + (sequence * Tokens + t - j) * Channels : History + (sequence * (Taps - 1) + Taps - 1 + t - j) * Channels;
                            y = Vector256.FusedMultiplyAdd(Lanes.Load<float, Single32>(Weight + (Taps - 1 - j) * Channels + channel, left), Lanes.Load<float, Single32>(x + channel, left), y);
                        }
                        Lanes.Store<float, Single32>(Y + (sequence * Tokens + t) * Channels + channel, y, left);
                    }
                }
            }
        }
    }

    public struct Backward : IRangeBody
    {
        public float* X, Weight, History;
        public byte* Marks;
        public float* Dy;           // (B, T, D)
        public float* Dx;           // (B, T, D), all 0 before
        public float* Dweight;      // (B, K + 1, D), all 0 before: of the taps, and then of the bias, from each sequence
        public long Batch, Tokens, Channels, Taps;

        public readonly void Run(long begin, long end)
        {
            for (var index = begin; index < end; index++)
            {
                var (sequence, first) = (index % Batch, index / Batch * Group);
                var last = Math.Min(Channels, first + Group);
                var dweight = Dweight + sequence * (Taps + 1) * Channels;
                for (long t = 0; t < Tokens; t++)
                {
                    var reach = Reach(Marks == null ? null : Marks + sequence * Tokens, t, Taps, History != null);
                    for (var channel = first; channel < last; channel += Lanes.Count)
                    {
                        var left = Channels - channel;
                        var dy = Lanes.Load<float, Single32>(Dy + (sequence * Tokens + t) * Channels + channel, left);
                        Add(dweight + Taps * Channels + channel, dy, left);
                        for (long j = 0; j <= reach; j++)
                        {
                            var tap = (Taps - 1 - j) * Channels + channel;
                            var earlier = (sequence * Tokens + t - j) * Channels + channel;
                            var x = t >= j ? X + earlier : History + (sequence * (Taps - 1) + Taps - 1 + t - j) * Channels + channel;
                            Add(dweight + tap, dy * Lanes.Load<float, Single32>(x, left), left);
                            if (t >= j) Add(Dx + earlier, dy * Lanes.Load<float, Single32>(Weight + tap, left), left);
                        }
                    }
                }
            }
        }

        private static void Add(float* target, Vector256<float> value, long left) =>
            Lanes.Store<float, Single32>(target, Lanes.Load<float, Single32>(target, left) + value, left);
    }

    /// <summary>How many tokens back the convolution sees from token <paramref name="t"/>.</summary>
    private static long Reach(byte* marks, long t, long taps, bool history)
    {
        var most = history ? taps - 1 : Math.Min(taps - 1, t);
        if (marks == null) return most;
        for (long j = 0; j < most; j++)
            if (t >= j && (marks[t - j] & SequenceMark.Start) != 0) return j;
        return most;
    }
}
