using Loquat.Kernels;
using Loquat.Native;
using static TorchSharp.torch;

namespace Loquat.Optimization.Rules;

/// <summary>
/// Muon over a set of matrices sorted by shape. Matrices of one shape go through Newton-Schulz as one stack, up to
/// <see cref="StackElements"/>, so that small ones fill the processor and large ones do not fill the memory.
/// </summary>
internal sealed unsafe class MuonRule : IUpdateRule
{
    private const long StackElements = 4 << 20;

    private readonly ParameterSet _set;
    private readonly MuonOptions _options;
    private readonly Tensor[] _momentum;
    private readonly List<Stack> _stacks = [];
    private readonly Tensor _scratch;
    private readonly double[] _factors;

    public MuonRule(ParameterSet set, MuonOptions options)
    {
        (_set, _options) = (set, options);
        Narrow = options.Precision is { } precision ? precision == MuonPrecision.Bfloat16 : Enumerable.Range(0, set.Count).Any(set.HasMaster);
        _momentum = [.. Enumerable.Range(0, set.Count).Select(set.NewState)];
        _factors = new double[set.Count];
        for (var i = 0; i < set.Count; i++)
        {
            var shape = set[i].Compute.shape;
            if (shape.Length != 2) throw new ArgumentException($"'{set[i].Name}' has {shape.Length} dimensions; Muon moves matrices. Give it another rule, such as {nameof(AdamWOptions)}.");
            set.Blocks[i].First = (float*)TensorPointers.Data(_momentum[i]);
            if (_stacks.Count > 0 && _stacks[^1] is var last && last.Rows == shape[0] && last.Columns == shape[1]
                && (last.Count + 1) * shape[0] * shape[1] <= StackElements) last.Count++;
            else _stacks.Add(new Stack(i, shape[0], shape[1]));
        }
        for (int s = 0, slice = 0; s < _stacks.Count; s++)
        {
            _stacks[s].FirstSlice = slice;
            while (slice < set.SliceCount && set.Slices[slice].Parameter < _stacks[s].First + _stacks[s].Count) slice++;
            _stacks[s].SliceCount = slice - _stacks[s].FirstSlice;
        }
        var largest = _stacks.Count == 0 ? 0 : _stacks.Max(s => s.Count * s.Rows * s.Columns);
        _scratch = empty(largest, Narrow ? ScalarType.BFloat16 : ScalarType.Float32, CPU).DetachFromDisposeScope();
        foreach (var stack in _stacks)
        {
            for (var i = 0; i < stack.Count; i++)
                set.Blocks[stack.First + i].Scratch = (byte*)TensorPointers.Data(_scratch) + i * stack.Rows * stack.Columns * (Narrow ? 2 : 4);
        }
    }

    private bool Narrow { get; }

    public void Step(long step, double learningRate, double gradientScale)
    {
        using var scope = NewDisposeScope();
        using var inference = no_grad();
        var rate = learningRate * (_options.MuonLearningRate / _options.LearningRate);
        foreach (var stack in _stacks)
        {
            SliceLoop.For(stack.SliceCount, new MomentumBody(this, stack, (float)gradientScale));
            Normalize(stack);
            SliceLoop.For(stack.SliceCount, new ScaleBody(this, stack));
            var update = NewtonSchulz.Orthogonalize(_scratch.narrow(0, 0, stack.Count * stack.Elements).view(stack.Count, stack.Rows, stack.Columns), _options.NsSteps);   // (N, R, C)
            SliceLoop.For(stack.SliceCount, new ApplyBody(this, stack, (byte*)TensorPointers.Data(update), rate));
            update.Dispose();
        }
    }

    public IEnumerable<(string Name, Tensor Tensor)> State(int parameter) => [("momentum_buffer", _momentum[parameter])];

    public void Dispose()
    {
        foreach (var tensor in _momentum) tensor.Dispose();
        _scratch.Dispose();
    }

    private float ShapeScale(Stack stack) => (float)(_options.AdjustLrFn == MuonScale.Original
        ? Math.Sqrt(Math.Max(1, (double)stack.Rows / stack.Columns))
        : 0.2 * Math.Sqrt(Math.Max(stack.Rows, stack.Columns)));

    /// <summary>The factor that gives each matrix of a stack norm 1, from the sums that its slices left.</summary>
    private void Normalize(Stack stack)
    {
        for (var i = 0; i < stack.Count; i++) _factors[stack.First + i] = 0;
        for (var i = stack.FirstSlice; i < stack.FirstSlice + stack.SliceCount; i++) _factors[_set.Slices[i].Parameter] += _set.Partials[i];
        for (var i = stack.First; i < stack.First + stack.Count; i++) _factors[i] = 1 / Math.Max(Math.Sqrt(_factors[i]), _options.Eps);
    }

    /// <summary>Neighboring parameters of one shape.</summary>
    private sealed record Stack(int First, long Rows, long Columns)
    {
        public int Count { get; set; } = 1;

        public int FirstSlice { get; set; }

        public int SliceCount { get; set; }

        public long Elements => Rows * Columns;
    }

    private readonly struct MomentumBody(MuonRule rule, Stack stack, float gradientScale) : ISliceBody
    {
        public void Run(int index)
        {
            ref var slice = ref rule._set.Slices[stack.FirstSlice + index];
            rule._set.Partials[stack.FirstSlice + index] = MuonKernels.Momentum(
                rule._set.Blocks, slice, (float)rule._options.Momentum, rule._options.Nesterov, gradientScale, rule.Narrow);
        }
    }

    private readonly struct ScaleBody(MuonRule rule, Stack stack) : ISliceBody
    {
        public void Run(int index)
        {
            ref var slice = ref rule._set.Slices[stack.FirstSlice + index];
            MuonKernels.Scale(rule._set.Blocks, slice, (float)rule._factors[slice.Parameter], rule.Narrow);
        }
    }

    private readonly struct ApplyBody(MuonRule rule, Stack stack, byte* update, double learningRate) : ISliceBody
    {
        private readonly float _scale = rule.ShapeScale(stack);

        public void Run(int index)
        {
            ref var slice = ref rule._set.Slices[stack.FirstSlice + index];
            ref var block = ref rule._set.Blocks[slice.Parameter];
            var rate = learningRate * block.RateFactor;
            var own = update + (slice.Parameter - stack.First) * stack.Elements * (rule.Narrow ? sizeof(ushort) : sizeof(float));
            MuonKernels.Apply(rule._set.Blocks, slice, own, block.Decays ? (float)(1 - rate * rule._options.WeightDecay) : 1, (float)(rate * _scale), rule.Narrow);
        }
    }
}
