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

    /// <summary>Where the generators of this thread stand, to draw the same again.</summary>
    internal static Mark Here() => new([.. (_seed is null ? [] : _generators?.Values ?? Enumerable.Empty<Generator>()).Select(generator => (generator, generator.get_state().DetachFromDisposeScope()))], _seed is null ? random.get_rng_state().DetachFromDisposeScope() : null);

    /// <summary>Ends what <see cref="From"/> began.</summary>
    public readonly struct Scope : IDisposable
    {
        private readonly long? _before;

        internal Scope(long? before) => _before = before;

        /// <summary>Draws as before; not from the same place where that had a seed of its own.</summary>
        public void Dispose() => _seed = _before;
    }

    /// <summary>A place in what is drawn.</summary>
    internal sealed class Mark(List<(Generator Generator, Tensor State)> states, Tensor? torchs) : IDisposable
    {
        /// <summary>Draws from here on what was drawn from here on.</summary>
        public void Return()
        {
            foreach (var (generator, state) in states) generator.set_state(state);
            if (torchs is not null) random.set_rng_state(torchs);
        }

        public void Dispose()
        {
            foreach (var (_, state) in states) state.Dispose();
            torchs?.Dispose();
        }
    }
}
