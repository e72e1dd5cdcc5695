using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>Averaged weights in place of those that are trained, until it is disposed of; then the trained ones are back, bit for bit.</summary>
internal sealed class AveragedWeights : IDisposable
{
    private readonly List<(ParameterSet Set, int Index, Tensor Trained)> _kept = [];

    /// <summary>Puts an average in the place of a parameter's weights.</summary>
    public void Put(ParameterSet set, int index, Tensor average)
    {
        using var guard = no_grad();
        var weights = set.Master(index);
        _kept.Add((set, index, weights.detach().clone().DetachFromDisposeScope()));
        weights.copy_(average);
        set.WriteCompute(index);
    }

    public void Dispose()
    {
        using var guard = no_grad();
        foreach (var (set, index, trained) in _kept)
        {
            set.Master(index).copy_(trained);
            set.WriteCompute(index);
            trained.Dispose();
        }
        _kept.Clear();
    }
}
