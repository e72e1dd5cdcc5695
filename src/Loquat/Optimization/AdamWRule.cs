using Loquat.Kernels;
using Loquat.Native;
using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>Drives <see cref="AdamWKernel"/> over a set of parameters on libtorch's threads.</summary>
internal sealed unsafe class AdamWRule : IUpdateRule
{
    private readonly ParameterSet _set;
    private readonly AdamWOptions _options;
    private readonly Tensor[] _first;
    private readonly Tensor[] _second;

    public AdamWRule(ParameterSet set, AdamWOptions options)
    {
        (_set, _options) = (set, options.Validated());
        _first = [.. Enumerable.Range(0, set.Count).Select(set.NewState)];
        _second = [.. Enumerable.Range(0, set.Count).Select(set.NewState)];
        for (var i = 0; i < set.Count; i++)
        {
            set.Blocks[i].First = (float*)TensorPointers.Data(_first[i]);
            set.Blocks[i].Second = (float*)TensorPointers.Data(_second[i]);
        }
    }

    public void Step(long step, double learningRate, double gradientScale)
    {
        SliceLoop.For(_set.SliceCount, new Body(_set, new AdamWKernel(_options, step, learningRate, gradientScale)));
    }

    public IEnumerable<(string Name, Tensor Tensor)> State(int parameter) => [("exp_avg", _first[parameter]), ("exp_avg_sq", _second[parameter])];

    public void Dispose()
    {
        foreach (var tensor in _first.Concat(_second)) tensor.Dispose();
    }

    private readonly struct Body(ParameterSet set, AdamWKernel kernel) : ISliceBody
    {
        private readonly ParameterBlock* _blocks = set.Blocks;
        private readonly Slice* _slices = set.Slices;

        public void Run(int index) => kernel.Run(_blocks, _slices[index]);
    }
}
