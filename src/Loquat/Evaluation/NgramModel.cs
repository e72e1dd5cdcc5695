namespace Loquat.Evaluation;

/// <summary>
/// How often tokens follow each other: interpolated Kneser-Ney smoothing (Kneser and Ney 1995; Chen and Goodman 1999, section 2.7), one discount for each order. The baseline that a network must pass.
/// </summary>
public sealed class NgramModel
{
    private readonly Level[] _levels;   // by order, from 1
    private readonly int _vocabulary;

    private NgramModel(Level[] levels, int vocabulary) => (_levels, _vocabulary) = (levels, vocabulary);

    /// <summary>The most tokens that a count is of.</summary>
    public int Order => _levels.Length;

    /// <summary>Counts kept.</summary>
    public long Parameters => _levels.Sum(level => (long)level.Counts.Count);

    /// <summary>Counts a text.</summary>
    /// <param name="token">The token at a position.</param>
    /// <param name="count">Tokens of the text.</param>
    /// <param name="order">1 or more; 1 knows no context.</param>
    /// <param name="vocabulary">Tokens that there are.</param>
    /// <exception cref="OptionsException">The order is not positive.</exception>
    public static NgramModel Train(Func<long, int> token, long count, int order, int vocabulary)
    {
        if (order < 1) throw new OptionsException($"an n-gram of {order} tokens cannot be counted; give 1 or more.");
        var levels = Enumerable.Range(0, order).Select(_ => new Level()).ToArray();
        var recent = new int[order];
        for (long i = 0; i < count; i++)
        {
            for (var back = order - 1; back > 0; back--) recent[back] = recent[back - 1];
            recent[0] = token(i);
            // The longest are counted as they come, shorter ones by how many tokens they are seen to follow.
            for (var length = (int)Math.Min(order, i + 1); length > 0; length--)
                if (!levels[length - 1].Add(Key(recent.AsSpan(1, length - 1)), recent[0])) break;
        }
        foreach (var level in levels) level.Finish();
        return new(levels, vocabulary);
    }

    /// <param name="before">The tokens before, the nearest first; as many as there are.</param>
    /// <returns>0 to 1, more than 0.</returns>
    public double Probability(ReadOnlySpan<int> before, int token)
    {
        var p = 1.0 / _vocabulary;
        for (var length = 1; length <= Math.Min(Order, before.Length + 1); length++) p = _levels[length - 1].Probability(Key(before[..(length - 1)]), token, p);
        return p;
    }

    /// <summary>Of a context, the nearest token first. 64 bits: two contexts of one text do not meet.</summary>
    private static ulong Key(ReadOnlySpan<int> context)
    {
        var key = 0x9E3779B97F4A7C15UL * (ulong)(context.Length + 1);
        foreach (var token in context) key = Mix(key ^ (uint)token);
        return key;
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Counts of one order.</summary>
    private sealed class Level
    {
        private readonly Dictionary<ulong, (int Total, int Kinds)> _contexts = [];
        private double _discount;

        public Dictionary<ulong, int> Counts { get; } = [];

        /// <returns>Whether it was seen for the first time.</returns>
        public bool Add(ulong context, int token)
        {
            var key = Of(context, token);
            var count = Counts.GetValueOrDefault(key) + 1;
            Counts[key] = count;
            var (total, kinds) = _contexts.GetValueOrDefault(context);
            _contexts[context] = (total + 1, kinds + (count == 1 ? 1 : 0));
            return count == 1;
        }

        /// <summary>The discount that leaves one out: n₁ / (n₁ + 2 n₂), of what was seen once and twice.</summary>
        public void Finish()
        {
            var (once, twice) = (Counts.Values.Count(c => c == 1), Counts.Values.Count(c => c == 2));
            _discount = once == 0 ? 0.5 : once / (once + 2.0 * twice);
            if (_discount >= 1) _discount = 0.9;
        }

        public double Probability(ulong context, int token, double shorter)
        {
            if (!_contexts.TryGetValue(context, out var seen)) return shorter;
            var count = Counts.GetValueOrDefault(Of(context, token));
            return (Math.Max(0, count - _discount) + _discount * seen.Kinds * shorter) / seen.Total;
        }

        private static ulong Of(ulong context, int token) => Mix(context + 0xD1B54A32D192ED03UL * (ulong)(uint)(token + 1));
    }
}
