using System.Runtime.Intrinsics;
using Loquat.Kernels;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// AdamW with both moments as bytes, a scale for each 256 of them (Dettmers et al. 2022): 2 bytes per weight are remembered instead of 8. The second moment is kept by its root,
/// rounded up, so that no step becomes longer by it.
/// </summary>
public sealed record AdamW8BitOptions : MomentsOptions
{
    public AdamW8BitOptions() => (AdamBeta2, WeightDecay) = (0.95, 0.1);

    public override string Type => "adamw_8bit";

    public override double NumbersPerWeight => 0.51;

    internal override IUpdateRule Create(ParameterSet set) => new Rule(set, this);

    private sealed unsafe class Rule : IUpdateRule
    {
        private readonly ParameterSet _set;
        private readonly AdamW8BitOptions _options;
        private readonly Tensor[][] _states;

        public Rule(ParameterSet set, AdamW8BitOptions options)
        {
            (_set, _options) = (set, options);
            var counts = Enumerable.Range(0, set.Count).Select(i => set[i].Compute.numel()).ToArray();
            _states =
            [
                [.. counts.Select(n => zeros(n, ScalarType.Int8).DetachFromDisposeScope())],
                [.. counts.Select(n => zeros(n, ScalarType.Byte).DetachFromDisposeScope())],
                [.. counts.Select(n => zeros(Blocks(n), ScalarType.Float32).DetachFromDisposeScope())],
                [.. counts.Select(n => zeros(Blocks(n), ScalarType.Float32).DetachFromDisposeScope())],
            ];
            for (var i = 0; i < set.Count; i++)
            {
                ref var block = ref set.Blocks[i];
                block.First = (float*)TensorPointers.Data(_states[0][i]);
                block.Second = (float*)TensorPointers.Data(_states[1][i]);
                block.Third = (float*)TensorPointers.Data(_states[2][i]);
                block.Scratch = TensorPointers.Data(_states[3][i]);
            }
        }

        public void Step(long step, double learningRate, double gradientScale) =>
            SliceLoop.For(_set.SliceCount, new Body(_set, new AdamStep(_options, step, amsgrad: false, decoupled: true), learningRate, (float)gradientScale));

        public IEnumerable<(string Name, Tensor Tensor)> State(int parameter) =>
            [("exp_avg", _states[0][parameter]), ("exp_avg_sq", _states[1][parameter]), ("exp_avg_scale", _states[2][parameter]), ("exp_avg_sq_scale", _states[3][parameter])];

        public void Dispose()
        {
            foreach (var tensor in _states.SelectMany(s => s)) tensor.Dispose();
        }

        private static long Blocks(long count) => (count + BlockQuantization.Block - 1) / BlockQuantization.Block;
    }

    /// <summary>Decodes a block, moves it as AdamW does, and encodes it: weights and gradient are read once.</summary>
    private readonly unsafe struct Body(ParameterSet set, AdamStep step, double learningRate, float gradientScale) : ISliceBody
    {
        private const int Block = BlockQuantization.Block;

        public void Run(int index)
        {
            ref var slice = ref set.Slices[index];
            ref var block = ref set.Blocks[slice.Parameter];
            if (block.Gradient is null) return;
            var own = step.For(learningRate * block.RateFactor, block.Decays);
            var floats = stackalloc float[4 * Block];
            var bytes = stackalloc byte[2 * Block];
            for (var at = slice.Offset; at < slice.Offset + slice.Count; at += Block) Move(block, at, (int)Math.Min(Block, slice.Offset + slice.Count - at), own, floats, bytes);
        }

        private void Move(in ParameterBlock block, long at, int count, AdamStep own, float* floats, byte* bytes)
        {
            var weights = new Span<float>(floats, Block);
            var gradient = new Span<float>(floats + Block, Block);
            var moments = new ParameterBlock { First = floats + 2 * Block, Second = floats + 3 * Block };
            var first = new Span<byte>((sbyte*)block.First + at, count);
            var second = new Span<byte>((byte*)block.Second + at, count);
            var whole = (count + Lanes256.Count - 1) / Lanes256.Count * Lanes256.Count;
            // What is missing of the last register is zeros, which stay zeros.
            new Span<byte>(bytes, 2 * Block).Clear();
            gradient.Clear();
            first.CopyTo(new Span<byte>(bytes, Block));
            second.CopyTo(new Span<byte>(bytes + Block, Block));
            new ReadOnlySpan<float>(block.Master + at, count).CopyTo(weights);
            if (block.GradientIsBFloat16)
            {
                for (var i = 0; i < count; i++) gradient[i] = Lanes1.LoadBFloat16((ushort*)block.Gradient + at + i);
            }
            else
            {
                new ReadOnlySpan<float>((float*)block.Gradient + at, count).CopyTo(gradient);
            }
            ref var firstScale = ref block.Third[at / Block];
            ref var secondScale = ref ((float*)block.Scratch)[at / Block];
            BlockQuantization.DecodeSigned((sbyte*)bytes, firstScale, moments.First, whole);
            BlockQuantization.DecodePositive(bytes + Block, secondScale, moments.Second, whole);
            var states = new ElementStates(moments, 0);
            var scale = Lanes256.Splat(gradientScale);
            for (var i = 0; i < whole; i += Lanes256.Count)
            {
                var root = Lanes256.Load(moments.Second + i);
                Lanes256.Store(Lanes256.Multiply(root, root), moments.Second + i);
                var w = own.Move<Lanes256, Vector256<float>>(Lanes256.Load(floats + i), Lanes256.Multiply(Lanes256.Load(floats + Block + i), scale), states, i);
                Lanes256.Store(w, floats + i);
                Lanes256.Store(Lanes256.Sqrt(Lanes256.Load(moments.Second + i)), moments.Second + i);
            }
            weights[..count].CopyTo(new Span<float>(block.Master + at, count));
            if (block.Compute is not null)
                for (var i = 0; i < count; i++) Lanes1.StoreBFloat16(weights[i], block.Compute + at + i);
            firstScale = BlockQuantization.EncodeSigned(moments.First, (sbyte*)bytes, whole);
            secondScale = BlockQuantization.EncodePositive(moments.Second, bytes + Block, whole);
            new ReadOnlySpan<byte>(bytes, count).CopyTo(first);
            new ReadOnlySpan<byte>(bytes + Block, count).CopyTo(second);
        }
    }
}
