using Loquat.Native;

namespace Loquat.Layers;

/// <summary>
/// How a parameter starts. Values depend on the seed and the parameter's name alone, not on the order in which
/// parameters are made, the number of threads or the platform's generator.
/// </summary>
public abstract record Initializer
{
    /// <summary>Zero everywhere: biases, and projections that should start as no-ops.</summary>
    public static Initializer Zeros { get; } = new Constant(0);

    /// <summary>One everywhere: gains of normalizations.</summary>
    public static Initializer Ones { get; } = new Constant(1);

    /// <summary>Normal with mean 0 and the given standard deviation.</summary>
    public static Initializer Normal(double standardDeviation) => new Gaussian(standardDeviation, double.PositiveInfinity);

    /// <summary>Normal with mean 0, drawn anew where a value lies further than so many standard deviations from it.</summary>
    /// <param name="cutoff">Above 0.</param>
    public static Initializer TruncatedNormal(double standardDeviation, double cutoff) => new Gaussian(standardDeviation, cutoff);

    /// <summary>Uniform from -<paramref name="bound"/> to it.</summary>
    public static Initializer Uniform(double bound) => new Even(bound);

    /// <summary>Sines and cosines of the positions, in turn (Vaswani et al. 2017, section 3.5).</summary>
    /// <param name="width">Columns.</param>
    public static Initializer Sinusoidal(long width) => new Waves(width);

    /// <summary>Each value by its place in the tensor, rows one after the other.</summary>
    public static Initializer ByPlace(Func<long, double> value) => new Places(value);

    /// <summary>Each value drawn anew: from a number between 0 and 1, all of which are as likely.</summary>
    public static Initializer Drawn(Func<double, double> quantile) => new Quantiles(quantile);

    /// <summary>Rows, or columns where there are fewer of them, of length <paramref name="gain"/> and at right angles to each other (Saxe et al. 2014).</summary>
    public static Initializer Orthogonal(long rows, long columns, double gain = 1) => new OrthogonalInitializer(rows, columns, gain);

    /// <param name="values">The first of <paramref name="count"/> values, which may be more than a span holds.</param>
    internal abstract unsafe void Fill(float* values, long count, ulong seed);

    private sealed record Constant(float Value) : Initializer
    {
        internal override unsafe void Fill(float* values, long count, ulong seed)
        {
            for (long done = 0; done < count; done += int.MaxValue) new Span<float>(values + done, (int)Math.Min(int.MaxValue, count - done)).Fill(Value);
        }
    }

    private sealed record Even(double Bound) : Initializer
    {
        internal override unsafe void Fill(float* values, long count, ulong seed)
        {
            for (long i = 0; i < count; i++) values[i] = (float)((2 * Uniform(seed, i) - 1) * Bound);
        }
    }

    private sealed record Places(Func<long, double> Value) : Initializer
    {
        internal override unsafe void Fill(float* values, long count, ulong seed)
        {
            for (long i = 0; i < count; i++) values[i] = (float)Value(i);
        }
    }

    private sealed record Quantiles(Func<double, double> Value) : Initializer
    {
        internal override unsafe void Fill(float* values, long count, ulong seed)
        {
            for (long i = 0; i < count; i++) values[i] = (float)Value(Uniform(seed, i));
        }
    }

    /// <summary>SplitMix64 (Steele et al. 2014), in [0, 1).</summary>
    private static double Uniform(ulong seed, long place)
    {
        var z = seed + (ulong)(place + 1) * 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    private sealed record Waves(long Width) : Initializer
    {
        internal override unsafe void Fill(float* values, long count, ulong seed)
        {
            for (long i = 0; i < count; i++)
            {
                var (position, column) = (i / Width, i % Width);
                var angle = position / Math.Pow(10000, 2.0 * (column / 2) / Width);
                values[i] = (float)(column % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }
    }

    private sealed record Gaussian(double StandardDeviation, double Cutoff) : Initializer
    {
        internal override unsafe void Fill(float* values, long count, ulong seed)
        {
            var body = new GaussianBody { Values = values, Count = count, Seed = seed, Scale = StandardDeviation, Cutoff = Cutoff };
            OpenMP.For(0, (count + GaussianBody.Chunk - 1) / GaussianBody.Chunk, 4, ref body);
        }
    }

    /// <summary>Box-Muller on SplitMix64 (Steele et al. 2014): each chunk is its own stream, so chunks can be made in any order.</summary>
    private unsafe struct GaussianBody : IRangeBody
    {
        public const int Chunk = 4096;

        public float* Values;
        public long Count;
        public ulong Seed;
        public double Scale, Cutoff;

        public void Run(long begin, long end)
        {
            for (var chunk = begin; chunk < end; chunk++)
            {
                var state = Seed + (ulong)chunk * 0xD1B54A32D192ED03UL;
                var last = Math.Min(Count, (chunk + 1) * Chunk);
                for (var i = chunk * Chunk; i < last; i += 2)
                {
                    var (first, second) = Pair(ref state);
                    while (Math.Abs(first) > Cutoff * Scale) first = Pair(ref state).First;
                    while (Math.Abs(second) > Cutoff * Scale) second = Pair(ref state).Second;
                    Values[i] = (float)first;
                    if (i + 1 < last) Values[i + 1] = (float)second;
                }
            }
        }

        private readonly (double First, double Second) Pair(ref ulong state)
        {
            var radius = Math.Sqrt(-2 * Math.Log(Uniform(ref state))) * Scale;
            var (sin, cos) = Math.SinCos(2 * Math.PI * Uniform(ref state));
            return (radius * cos, radius * sin);
        }

        /// <summary>In (0, 1].</summary>
        private static double Uniform(ref ulong state)
        {
            var z = state += 0x9E3779B97F4A7C15UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return (((z ^ (z >> 31)) >> 11) + 1) * (1.0 / (1UL << 53));
        }
    }
}
