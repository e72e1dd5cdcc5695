using System.Diagnostics;
using System.Globalization;
using Loquat.Benchmarks.Peers;
using Loquat.Generation;
using Loquat.Layers;
using Loquat.Native;
using static TorchSharp.torch;

namespace Loquat.Benchmarks;

/// <summary>
/// Generation with cached keys and values, one sequence, greedy: milliseconds a token against the time that reading every weight once takes at the
/// memory rate measured in the same run.
/// </summary>
internal static class GenerationRow
{
    private const int Tokens = 48;
    private const int Warm = 8;
    private const int Rounds = 3;

    public const string Name = "gpt2-124m, generation, batch 1";

    public static List<string> Measure()
    {
        var shape = GptShape.Gpt2Small;
        using var plain = new PlainGeneration(shape);
        var (rate, own, narrow, peer) = (0.0, double.MaxValue, double.MaxValue, double.MaxValue);
        using (var fp32 = LoquatStep.Config(shape).Build<Models.CausalModel>(new Placement(CPU, ScalarType.Float32), seed: 1))
        using (var bf16 = LoquatStep.Config(shape).Build<Models.CausalModel>(new Placement(CPU, ScalarType.BFloat16), seed: 1))
        {
            for (var round = 0; round < Rounds; round++)
            {
                rate = Math.Max(rate, MachineProbe.Measure().ReadGBps);
                own = Math.Min(own, Own(fp32));
                narrow = Math.Min(narrow, Own(bf16));
                peer = Math.Min(peer, Least(Enumerable.Range(0, Tokens).Select(i => (int)plain.Next(i))));
            }
        }
        // The position table is not read, but for one row.
        var weights = shape.Parameters - (long)shape.Context * shape.Width;
        var limit = weights * sizeof(float) / rate / 1e6;
        string Line(string name, double ms, double least) =>
            string.Create(CultureInfo.InvariantCulture, $"| {name} | {ms:F2} | {1e3 / ms:F1} | {least / ms:P0} |");
        return
        [
            $"### {Name}", "",
            "| contender | least ms a token | tokens/s | of the memory limit |", "|---|---|---|---|",
            Line("limit, fp32", limit, limit), Line("loquat, fp32", own, limit), Line("plain, fp32", peer, limit),
            Line("limit, bf16", limit / 2, limit / 2), Line("loquat, bf16", narrow, limit / 2), "",
            string.Create(CultureInfo.InvariantCulture, $"- memory read {rate:F1} GB/s, {weights * 4 / 1e6:F0} MB of fp32 weights a token; greedy, {Tokens} tokens after a prompt of one"), "",
        ];
    }

    private static double Own(Models.CausalModel model) =>
        Least(new TokenGenerator(model).Generate([1], SamplingOptions.Greedy with { MaxNewTokens = Tokens }));

    /// <summary>The least time between two tokens, after the first few.</summary>
    private static double Least(IEnumerable<int> tokens)
    {
        var (least, made) = (double.MaxValue, 0);
        var watch = Stopwatch.StartNew();
        foreach (var _ in tokens)
        {
            if (++made > Warm) least = Math.Min(least, watch.Elapsed.TotalMilliseconds);
            watch.Restart();
        }
        return least;
    }
}
