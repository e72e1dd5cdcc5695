using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>An average of the weights of several steps, which is evaluated and saved instead of the last. One of the two kinds.</summary>
public sealed record WeightAveraging
{
    /// <summary>Exponential moving average (Polyak and Juditsky 1992): share of the average that a step keeps. 0 to 1. Default: none.</summary>
    public double? EmaDecay { get; init; }

    /// <summary>Step t keeps at most (1 + t) / (10 + t), so that the first weights are soon forgotten.</summary>
    public bool EmaWarmup { get; init; }

    /// <summary>Stochastic weight averaging (Izmailov et al. 2018): steps made before the first weights that count. Default: none.</summary>
    public long? SwaStart { get; init; }

    /// <summary>Steps from one of the weights that count to the next. 1 or more.</summary>
    public long SwaSteps { get; init; } = 1;
}

/// <summary>Keeps the average of <see cref="WeightAveraging"/> over the parameters of an optimizer: 12 bytes per parameter and step.</summary>
internal sealed class WeightAverage : IDisposable
{
    private readonly WeightAveraging _options;
    private readonly Dictionary<string, Tensor> _averages;
    private readonly SharedNumbers _counts = new(("seen", 0));

    /// <param name="weights">float32 weights at the start, by name.</param>
    public WeightAverage(WeightAveraging options, IEnumerable<(string Name, Tensor Weights)> weights)
    {
        using var guard = no_grad();
        _options = options;
        _averages = weights.ToDictionary(w => w.Name, w => w.Weights.detach().clone().DetachFromDisposeScope(), StringComparer.Ordinal);
    }

    /// <summary>The average; null while no weights count.</summary>
    public Tensor? this[string name] => _options.EmaDecay is null && _counts[0] == 0 ? null : _averages[name];

    public IEnumerable<(string Name, Tensor Tensor)> State => _averages.Select(a => ($"average.{a.Key}", a.Value)).Concat(_counts.State.Select(s => ($"average.{s.Name}", s.Tensor)));

    /// <summary>Takes in the weights after a step.</summary>
    /// <param name="step">Steps made.</param>
    public void Update(long step, Func<string, Tensor> weights)
    {
        if (Share(step) is not { } share) return;
        using var guard = no_grad();
        foreach (var (name, average) in _averages) average.lerp_(weights(name), share);
        _counts[0]++;
    }

    public void Dispose()
    {
        foreach (var tensor in _averages.Values) tensor.Dispose();
        _counts.Dispose();
    }

    private double? Share(long step)
    {
        if (_options.EmaDecay is { } decay)
        {
            var t = _counts[0] + 1;
            return 1 - (_options.EmaWarmup ? Math.Min(decay, (1 + t) / (10 + t)) : decay);
        }
        return step >= _options.SwaStart && (step - _options.SwaStart) % _options.SwaSteps == 0 ? 1 / (_counts[0] + 1) : null;
    }
}
