using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>
/// What the passes of a training step draw: dropout, noise, layers left out. Within <see cref="From"/> a thread draws from generators of its own, so that a step made again draws the
/// same whatever other threads of the process do; else from torch's.
/// </summary>
public static class Randomness
{
    [ThreadStatic]
    private static Dictionary<DeviceType, Generator>? _generators;

    [ThreadStatic]
    private static long? _seed;

    /// <summary>What this thread draws until the scope ends follows from <paramref name="seed"/>.</summary>
    public static Scope From(long seed)
    {
        var before = _seed;
        _seed = seed;
        foreach (var generator in _generators?.Values ?? Enumerable.Empty<Generator>()) generator.manual_seed(seed);
        return new(before);
    }

    /// <summary>The generator of this thread; null: torch's.</summary>
    internal static Generator? For(Device device)
    {
        if (_seed is not { } seed) return null;
        _generators ??= [];
        if (!_generators.TryGetValue(device.type, out var generator)) _generators[device.type] = generator = new Generator((ulong)seed, device);
        return generator;
    }

    /// <summary>Whether something of this probability happens.</summary>
    /// <param name="probability">0 to 1.</param>
    internal static bool Happens(double probability)
    {
        using var draw = rand(1, generator: For(CPU));
        return draw.item<float>() < probability;
    }

    /// <summary>Ends what <see cref="From"/> began.</summary>
    public readonly struct Scope : IDisposable
    {
        private readonly long? _before;

        internal Scope(long? before) => _before = before;

        /// <summary>Draws as before; not from the same place where that had a seed of its own.</summary>
        public void Dispose() => _seed = _before;
    }
}
