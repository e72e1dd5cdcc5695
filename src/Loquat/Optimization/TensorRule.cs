using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>A rule that looks at whole tensors, with libtorch's operators.</summary>
/// <param name="set">The parameters.</param>
internal abstract class TensorRule(ParameterSet set) : IUpdateRule
{
    private readonly List<(string Name, Tensor Tensor)>[] _states = [.. Enumerable.Range(0, set.Count).Select(_ => new List<(string, Tensor)>())];

    protected ParameterSet Set => set;

    public void Step(long step, double learningRate, double gradientScale)
    {
        using var guard = no_grad();
        for (var i = 0; i < set.Count; i++)
        {
            using var scope = NewDisposeScope();
            if (set.Gradient(i, gradientScale) is not { } gradient) continue;
            Move(step, i, set.Master(i), gradient, learningRate * set[i].LearningRateFactor, set[i].WeightDecay);
            set.WriteCompute(i);
        }
    }

    public IEnumerable<(string Name, Tensor Tensor)> State(int parameter) => _states[parameter];

    public void Dispose()
    {
        foreach (var (_, tensor) in _states.SelectMany(s => s)) tensor.Dispose();
    }

    /// <param name="step">The number of this update, from 1.</param>
    /// <param name="parameter">Its index in the set.</param>
    /// <param name="weights">float32, to be changed.</param>
    /// <param name="gradient">float32, scaled, the rule's own to change.</param>
    /// <param name="rate">The learning rate, the parameter's factor included.</param>
    /// <param name="decays">Whether weight decay applies.</param>
    protected abstract void Move(long step, int parameter, Tensor weights, Tensor gradient, double rate, bool decays);

    /// <summary>Remembers a tensor of a parameter, from construction on.</summary>
    protected Tensor Remember(int parameter, string name, Tensor value)
    {
        _states[parameter].Add((name, value.DetachFromDisposeScope()));
        return value;
    }
}
