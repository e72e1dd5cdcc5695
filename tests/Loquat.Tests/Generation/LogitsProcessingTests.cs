using System.Text.Json;
using CsCheck;
using Loquat.Generation;
using Loquat.Tests.Optimization;

namespace Loquat.Tests.Generation;

public sealed class LogitsProcessingTests
{
    private static readonly HashSet<string> Known = ["temperature", "top_k", "top_p", "min_p", "penalty", "repetition_penalty", "min_tokens_to_keep"];

    /// <summary>Every decoding case of the references whose arguments <see cref="SamplingOptions"/> has.</summary>
    [Fact]
    public void Processed_logits_equal_the_references()
    {
        using var fixture = new Fixture("decoding");
        var seen = 0;
        foreach (var @case in fixture.Cases.Where(c => IsOurs(c.Value)))
        {
            var arguments = @case.Value.GetProperty("arguments");
            double Argument(string name, double otherwise) => arguments.TryGetProperty(name, out var value) ? value.GetDouble() : otherwise;
            var (logits, processed, ids) = (Rows<float>(fixture, $"{@case.Name}/logits"), Rows<float>(fixture, $"{@case.Name}/processed"), Rows<long>(fixture, $"{@case.Name}/ids"));
            var options = new SamplingOptions
            {
                Temperature = Argument("temperature", 1),
                TopK = (int)Argument("top_k", 0),
                TopP = Argument("top_p", 1),
                MinP = Argument("min_p", 0),
                RepetitionPenalty = Argument("penalty", Argument("repetition_penalty", 1)),
            };
            for (var row = 0; row < logits.Length; row++)
            {
                if (arguments.TryGetProperty("min_tokens_to_keep", out var least)) LogitsProcessing.TopP(logits[row], options.TopP, least.GetInt32());
                else new Sampler(options).Process(logits[row], [.. ids[row].Select(id => (int)id)]);
                for (var token = 0; token < logits[row].Length; token++)
                {
                    var (actual, expected) = (logits[row][token], processed[row][token]);
                    if (float.IsNegativeInfinity(expected)) actual.Should().Be(expected, $"{@case.Name} removes token {token} of row {row}");
                    else actual.Should().BeApproximately(expected, (float)fixture.Tolerance * 10, $"{@case.Name}, row {row}, token {token}");
                }
            }
            seen++;
        }
        seen.Should().BePositive("the fixtures hold cases with these arguments");
    }

    [Fact]
    public void The_greedy_token_is_the_reference_s_also_in_a_tie()
    {
        using var fixture = new Fixture("decoding");
        foreach (var @case in fixture.Cases.Where(c => c.Name.StartsWith("greedy", StringComparison.Ordinal)))
        {
            var tokens = fixture.Tensor($"{@case.Name}/token").data<long>().ToArray();
            Rows<float>(fixture, $"{@case.Name}/logits").Select(row => (long)new Sampler(SamplingOptions.Greedy).Next(row, [])).Should().Equal(tokens);
        }
    }

    [Fact]
    public void Top_k_keeps_what_a_sort_keeps() =>
        Gen.Select(Gen.Float[-9, 9].Array[1, 200], Gen.Int[1, 220]).Sample((logits, k) =>
        {
            var least = logits.OrderDescending().ElementAt(Math.Min(k, logits.Length) - 1);
            var actual = (float[])logits.Clone();
            LogitsProcessing.TopK(actual, k);
            return actual.SequenceEqual(logits.Select(x => x < least ? float.NegativeInfinity : x));
        });

    [Fact]
    public void Top_p_keeps_the_shortest_sorted_prefix_that_reaches_the_mass() =>
        Gen.Select(Gen.Float[-3, 3].Array[1, 900], Gen.Double[0.01, 0.999]).Sample((logits, mass) =>
        {
            var total = logits.Sum(x => Math.Exp(x));
            var sorted = logits.OrderDescending().ToList();
            var (kept, sum) = (0, 0.0);
            while (kept < sorted.Count && sum < mass) sum += Math.Exp(sorted[kept++]) / total;
            var actual = (float[])logits.Clone();
            LogitsProcessing.TopP(actual, mass);
            var remaining = actual.Where(x => !float.IsNegativeInfinity(x)).OrderDescending().ToList();
            // Rounding of the running sum may move the border by one token where the mass falls on it.
            return Math.Abs(remaining.Count - kept) <= (Math.Abs(sum - mass) < 1e-6 ? 1 : 0) && remaining.SequenceEqual(sorted.Take(remaining.Count));
        });

    [Fact]
    public void Draws_follow_the_probabilities_and_repeat_by_seed()
    {
        float[] logits = [MathF.Log(0.5f), MathF.Log(0.3f), float.NegativeInfinity, MathF.Log(0.2f)];
        int[] Draw(ulong seed)
        {
            var sampler = new Sampler(new SamplingOptions { Seed = seed });
            return [.. Enumerable.Range(0, 20000).Select(_ => sampler.Next((float[])logits.Clone(), []))];
        }
        var drawn = Draw(7);
        drawn.Should().Equal(Draw(7)).And.NotEqual(Draw(8));
        drawn.Should().NotContain(2);
        // Four standard deviations of a share of 20,000 draws.
        foreach (var (token, share) in ((int, double)[])[(0, 0.5), (1, 0.3), (3, 0.2)])
            (drawn.Count(d => d == token) / 20000.0).Should().BeApproximately(share, 4 * Math.Sqrt(share * (1 - share) / 20000));
    }

    [Fact]
    public void Every_fault_of_the_options_is_named_at_once()
    {
        var act = () => new SamplingOptions { Temperature = -1, TopP = 0, MinP = 2, StopSequences = [""] }.Validated();
        act.Should().Throw<OptionsException>().Which.Message.Should().ContainAll("temperature is -1", "top_p is 0", "min_p is 2", "stop is an empty text");
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Logits_without_a_number_are_an_error(float value)
    {
        var act = () => new Sampler(new SamplingOptions()).Next(Enumerable.Repeat(value, 40).ToArray(), []);
        act.Should().Throw<CheckpointException>().WithMessage("*damaged*");
    }

    private static bool IsOurs(JsonElement @case) => @case.TryGetProperty("arguments", out var arguments)
        && @case.TryGetProperty("reference", out var reference)
        && !reference.GetString()!.Contains("EncoderRepetition", StringComparison.Ordinal)
        && arguments.EnumerateObject().All(a => Known.Contains(a.Name));

    private static T[][] Rows<T>(Fixture fixture, string name)
        where T : unmanaged
    {
        using var tensor = fixture.Tensor(name);
        return [.. tensor.data<T>().ToArray().Chunk((int)tensor.shape[^1])];
    }
}
