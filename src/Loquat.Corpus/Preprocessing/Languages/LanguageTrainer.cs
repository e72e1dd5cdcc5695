using System.Runtime.Intrinsics;
using Loquat.Text.Randomness;

namespace Loquat.Corpus.Preprocessing.Languages;

/// <summary>How a <see cref="LanguageModel"/> is trained.</summary>
public sealed record LanguageTrainingOptions
{
    /// <summary>Binary logarithm of the number of buckets: a byte for each language and bucket. Default: 15.</summary>
    public int BucketBits { get; init; } = 15;

    /// <summary>Passes over the examples. Default: 4.</summary>
    public int Epochs { get; init; } = 4;

    /// <summary>Step of the first pass; it falls to 0. Default: 0.15.</summary>
    public double LearningRate { get; init; } = 0.15;

    /// <summary>Pulls weights that nothing supports back to zero. Default: 1e-6.</summary>
    public double L2 { get; init; } = 1e-6;

    /// <summary>Weight of the naive Bayes classifier that the passes begin from; 0: they begin from nothing. Default: 0.7.</summary>
    public double PriorWeight { get; init; } = 0.7;

    /// <summary>What each run counts in each language before any example. Default: 0.2.</summary>
    public double Smoothing { get; init; } = 0.2;

    /// <summary>The most examples of a language that are learned, taken evenly from all: one with many would else decide about the others. Default: 2,000.</summary>
    public int MaxExamples { get; init; } = 2000;

    /// <summary>The most that an example of a rare language weighs. Default: 12.</summary>
    public double MaxWeight { get; init; } = 12;

    /// <summary>Order of the examples. Default: 0.</summary>
    public ulong Seed { get; init; }
}

/// <summary>
/// Trains a <see cref="LanguageModel"/> from examples: multinomial logistic regression over hashed runs of characters, by AdaGrad (Duchi et al. 2011), then rounded to bytes. Each example is also learned in
/// pieces, for short texts are the hard ones. Every language weighs the same, whatever its number of examples.
/// </summary>
public static class LanguageTrainer
{
    private const int PieceWords = 4;

    /// <param name="examples">A language's code and a text in it: a sentence, a paragraph.</param>
    /// <exception cref="OptionsException">There are no two languages.</exception>
    public static LanguageModel Train(IEnumerable<(string Language, string Text)> examples, LanguageTrainingOptions? options = null)
    {
        options ??= new();
        var all = examples.Where(e => e.Text.Length > 0).GroupBy(e => e.Language).SelectMany(g => Evenly([.. g], options.MaxExamples)).SelectMany(Pieces).ToList();
        var languages = all.Select(e => e.Language).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (languages.Length < 2) throw new OptionsException($"a model of languages needs examples of two or more; there are {languages.Length}.");
        var index = languages.Select((l, i) => (l, i)).ToDictionary(e => e.l, e => e.i);
        var samples = all.Select(e => (Label: index[e.Language], Buckets: Buckets(e.Text, options.BucketBits, e.Whole))).Where(s => s.Buckets.Length > 0).ToArray();
        var counts = new double[languages.Length];
        foreach (var sample in samples) counts[sample.Label]++;
        var width = LanguageModel.Stride(languages.Length);
        var weights = Prior(samples, languages.Length, options);
        var squares = new float[weights.Length];
        ulong drawn = 0;
        var order = Enumerable.Range(0, samples.Length).ToArray();
        var scores = new float[width];
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            for (var i = order.Length - 1; i > 0; i--)
            {
                var other = (int)(SplitMix64.Mix(options.Seed + ++drawn * 0x9e3779b97f4a7c15) % (ulong)(i + 1));
                (order[i], order[other]) = (order[other], order[i]);
            }
            var rate = options.LearningRate * (1 - (double)epoch / options.Epochs);
            foreach (var i in order)
            {
                var weight = samples.Length / (counts[samples[i].Label] * languages.Length);
                Learn(samples[i].Buckets, samples[i].Label, (float)Math.Min(weight, options.MaxWeight), (float)rate, (float)options.L2, languages.Length, weights, squares, scores);
            }
        }
        return Rounded(languages, options.BucketBits, weights);
    }

    /// <summary>Where the passes begin: naive Bayes (smoothed logarithms of how often a language has a run, less their mean over the languages), which few examples teach best.</summary>
    private static float[] Prior((int Label, int[] Buckets)[] samples, int languages, LanguageTrainingOptions options)
    {
        var width = LanguageModel.Stride(languages);
        var weights = new float[width << options.BucketBits];
        if (options.PriorWeight == 0) return weights;
        var counts = new double[weights.Length];
        var totals = new double[languages];
        foreach (var (label, buckets) in samples)
        {
            foreach (var bucket in buckets) counts[bucket * width + label]++;
            totals[label] += buckets.Length;
        }
        var logs = new double[languages];
        for (var b = 0; b < 1 << options.BucketBits; b++)
        {
            for (var l = 0; l < languages; l++) logs[l] = Math.Log((counts[b * width + l] + options.Smoothing) / (totals[l] + options.Smoothing * (1 << options.BucketBits)));
            var mean = logs.Average();
            for (var l = 0; l < languages; l++) weights[b * width + l] = (float)(options.PriorWeight * (logs[l] - mean));
        }
        return weights;
    }

    private static void Learn(int[] buckets, int label, float weight, float rate, float l2, int languages, float[] weights, float[] squares, float[] scores)
    {
        var width = scores.Length;
        var norm = 1 / MathF.Sqrt(buckets.Length);
        Array.Clear(scores);
        foreach (var bucket in buckets)
            for (var l = 0; l < width; l += Vector256<float>.Count)
                (Vector256.LoadUnsafe(ref scores[l]) + Vector256.LoadUnsafe(ref weights[bucket * width + l])).StoreUnsafe(ref scores[l]);
        var most = float.NegativeInfinity;
        for (var l = 0; l < languages; l++) most = MathF.Max(most, scores[l] *= norm);
        var total = 0f;
        for (var l = 0; l < languages; l++) total += scores[l] = MathF.Exp(scores[l] - most);
        for (var l = 0; l < width; l++) scores[l] = l >= languages ? 0 : (scores[l] / total - (l == label ? 1 : 0)) * norm * weight;
        var (step, small, pull) = (Vector256.Create(rate), Vector256.Create(1e-4f), Vector256.Create(l2));
        foreach (var bucket in buckets)
        {
            for (var l = 0; l < width; l += Vector256<float>.Count)
            {
                ref var w = ref weights[bucket * width + l];
                ref var s = ref squares[bucket * width + l];
                var old = Vector256.LoadUnsafe(ref w);
                var gradient = Vector256.LoadUnsafe(ref scores[l]) + pull * old;
                var square = Vector256.LoadUnsafe(ref s) + gradient * gradient;
                square.StoreUnsafe(ref s);
                (old - step * gradient / (Vector256.Sqrt(square) + small)).StoreUnsafe(ref w);
            }
        }
    }

    private static LanguageModel Rounded(string[] languages, int bits, float[] weights)
    {
        // The few greatest weights are cut: they decide either way, and the small ones keep their difference.
        var magnitudes = weights.Select(Math.Abs).Where(w => w > 0).Order().ToArray();
        var limit = magnitudes.Length == 0 ? 1 : Math.Max(1e-6f, magnitudes[(int)(0.9995 * (magnitudes.Length - 1))]);
        var stride = LanguageModel.Stride(languages.Length);
        var rounded = new sbyte[stride << bits];
        for (var b = 0; b < 1 << bits; b++)
            for (var l = 0; l < languages.Length; l++) rounded[b * stride + l] = (sbyte)Math.Clamp(MathF.Round(weights[b * stride + l] / limit * 127), -127, 127);
        return new(languages, bits, limit / 127, rounded);
    }

    private static IEnumerable<T> Evenly<T>(List<T> all, int most) => all.Count <= most ? all : Enumerable.Range(0, most).Select(i => all[(int)((long)i * all.Count / most)]);

    private static IEnumerable<(string Language, string Text, bool Whole)> Pieces((string Language, string Text) example)
    {
        yield return (example.Language, example.Text, true);
        var words = example.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; words.Length > PieceWords && i < words.Length; i += PieceWords)
            yield return (example.Language, string.Join(' ', words.AsSpan(i, Math.Min(PieceWords, words.Length - i))!), false);
        if (words.Length <= 2 && example.Text.Length > 12) // written without spaces
            for (var i = 0; i < example.Text.Length; i += 10) yield return (example.Language, example.Text.Substring(i, Math.Min(10, example.Text.Length - i)), false);
    }

    private static int[] Buckets(string text, int bits, bool whole)
    {
        var list = new BucketList([]);
        LanguageFeatures.Read(text, bits, ref list, whole);
        return [.. list.Buckets];
    }

    private readonly record struct BucketList(List<int> Buckets) : IBucketReceiver
    {
        public void Add(int bucket) => Buckets.Add(bucket);
    }
}
