using System.Globalization;
using System.Text.Json;
using Loquat.Planning;
using Loquat.Tests.Optimization;

namespace Loquat.Tests.Planning;

public sealed class PlanningParityTests
{
    [Fact]
    public void Gpt2_counts_equal_the_reference()
    {
        using var fixture = new Fixture("scaling");
        var found = 0;
        foreach (var entry in fixture.Cases.Where(c => c.Name.StartsWith("gpt2", StringComparison.Ordinal)))
        {
            var s = entry.Value.GetProperty("shape");
            int Size(string key) => s.GetProperty(key).GetInt32();
            var context = Size("context");
            foreach (var biases in new[] { true, false })
            {
                var shape = ModelShape.Gpt2(Size("layers"), Size("heads"), Size("width"), Size("vocabulary"), context, biases);
                var plan = shape.Parameters();
                Counts(entry.Value.GetProperty(biases ? "parameters" : "parameters_without_bias")).Should().BeEquivalentTo(new Dictionary<string, long>
                {
                    ["embedding"] = plan.Embedding,
                    ["block"] = plan.Block,
                    ["final_norm"] = plan.FinalNorm,
                    ["total"] = plan.Total,
                    ["without_positions"] = plan.WithoutPositions,
                }, entry.Name);
                plan.Rows().Sum(r => r.Count * r.Parameters).Should().Be(plan.Total);
                if (biases) continue;
                var forward = shape.Forward(context);
                Counts(entry.Value.GetProperty("forward_flops_per_block")).Should().BeEquivalentTo(new Dictionary<string, long>
                {
                    ["qkv"] = forward.QueryKeyValue,
                    ["scores"] = forward.Scores,
                    ["values"] = forward.Values,
                    ["projection"] = forward.Projection,
                    ["mlp"] = forward.FeedForward,
                }, entry.Name);
                long Expected(string key) => entry.Value.GetProperty(key).GetInt64();
                forward.Total.Should().Be(Expected("forward_flops"));
                forward.Training.Should().Be(Expected("training_flops"));
                shape.EstimatedTrainingFlopsPerToken(context).Should().Be(Expected("palm_flops_per_token"));
                (shape.EstimatedTrainingFlopsPerToken(context) * context).Should().Be(Expected("palm_flops"));
                shape.KaplanParameters.Should().Be(Expected("kaplan_non_embedding"));
                shape.KaplanForwardFlopsPerToken(context).Should().Be(Expected("kaplan_forward_flops_per_token"));
                MemoryPlan.CheckpointBytes(plan.Total).Should().Be(Expected("checkpoint_bytes"));
            }
            found++;
        }
        found.Should().BePositive();
    }

    [Fact]
    public void Llama_counts_and_caches_equal_the_reference()
    {
        using var fixture = new Fixture("scaling");
        var found = 0;
        foreach (var entry in fixture.Cases.Where(c => c.Name.StartsWith("llama", StringComparison.Ordinal)))
        {
            var s = entry.Value.GetProperty("shape");
            int Size(string key) => s.GetProperty(key).GetInt32();
            var shape = ModelShape.Llama(
                Size("layers"), Size("heads"), Size("kv_heads"), Size("width"), Size("feedforward"), Size("vocabulary"), s.GetProperty("tied").GetBoolean());
            var plan = shape.Parameters();
            Counts(entry.Value.GetProperty("parameters")).Should().BeEquivalentTo(
                new Dictionary<string, long> { ["embedding"] = plan.Embedding, ["block"] = plan.Block, ["total"] = plan.Total }, entry.Name);
            foreach (var (key, model) in new[] { ("kv_cache_bytes", shape), ("kv_cache_if_mha", shape with { KeyValueHeads = shape.Heads }) })
            {
                foreach (var cache in entry.Value.GetProperty(key).EnumerateObject())
                {
                    // "batch 1, tokens 4096, 2 bytes"
                    var n = cache.Name.Split(' ', ',').Where(w => int.TryParse(w, out _)).Select(int.Parse).ToArray();
                    model.KeyValueCacheBytes(n[0], n[1], n[2]).Should().Be(cache.Value.GetInt64(), $"of {entry.Name}, {cache.Name}");
                }
            }
            found++;
        }
        found.Should().BePositive();
    }

    [Fact]
    public void Chinchilla_optima_and_losses_equal_the_reference()
    {
        using var fixture = new Fixture("scaling");
        var found = 0;
        foreach (var entry in fixture.Cases.Where(c => c.Name.StartsWith("chinchilla", StringComparison.Ordinal)))
        {
            var c = entry.Value.GetProperty("constants");
            var law = new ScalingLaw(Number(c, "E"), Number(c, "A"), Number(c, "B"), Number(c, "alpha"), Number(c, "beta"));
            new[] { ScalingLaw.Hoffmann, ScalingLaw.Besiroglu }.Should().Contain(law);
            Near(law.ExponentOfParameters, Number(entry.Value, "exponent_parameters"));
            Near(law.ExponentOfTokens, Number(entry.Value, "exponent_tokens"));
            Near(law.G, Number(entry.Value, "G"));
            foreach (var point in entry.Value.GetProperty("compute_optimal").EnumerateObject())
            {
                var optimum = law.Optimum(double.Parse(point.Name, CultureInfo.InvariantCulture));
                Near(optimum.Parameters, Number(point.Value, "parameters"));
                Near(optimum.Tokens, Number(point.Value, "tokens"));
                Near(optimum.TokensPerParameter, Number(point.Value, "tokens_per_parameter"));
                Near(optimum.Loss, Number(point.Value, "loss"));
            }
            foreach (var point in entry.Value.GetProperty("losses").EnumerateObject())
            {
                var at = point.Name.Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray();
                Near(law.Loss(at[0], at[1]), point.Value.GetDouble());
            }
            found++;
        }
        found.Should().Be(2);
    }

    [Fact]
    public void Kaplan_laws_equal_the_reference()
    {
        using var fixture = new Fixture("scaling");
        var expected = fixture.Case("kaplan");
        var inputs = expected.GetProperty("inputs");
        var (n, d) = (Number(inputs, "N"), Number(inputs, "D"));
        Near(KaplanLaw.LossOfParameters(n), Number(expected, "loss_N"));
        Near(KaplanLaw.LossOfTokens(d), Number(expected, "loss_D"));
        Near(KaplanLaw.LossOfCompute(Number(inputs, "C_petaflop_days")), Number(expected, "loss_C_min"));
        Near(KaplanLaw.Loss(n, d), Number(expected, "loss_N_D"));
        Near(KaplanLaw.CriticalBatchTokens(KaplanLaw.LossOfParameters(n)), Number(expected, "critical_batch_tokens"));
        Near(KaplanLaw.PetaflopDay, Number(expected, "petaflop_day"));
    }

    [Fact]
    public void Memory_equals_the_reference()
    {
        using var fixture = new Fixture("scaling");
        var expected = fixture.Case("memory");
        var parameters = expected.GetProperty("parameters").GetInt64();
        var mixed = MemoryPlan.AdamW(parameters, TrainingPrecision.Mixed);
        Counts(expected.GetProperty("parts")).Should().BeEquivalentTo(new Dictionary<string, long>
        {
            ["weights_16bit"] = mixed.Weights,
            ["gradients_16bit"] = mixed.Gradients,
            ["master_weights_32bit"] = mixed.MasterWeights,
            ["first_moment_32bit"] = mixed.FirstMoment,
            ["second_moment_32bit"] = mixed.SecondMoment,
        });
        mixed.Total.Should().Be(expected.GetProperty("adam_mixed_precision").GetInt64());
        MemoryPlan.AdamW(parameters, TrainingPrecision.MixedWithFloat32Gradients).Total.Should().Be(expected.GetProperty("with_32bit_gradients").GetInt64());
        MemoryPlan.AdamW(parameters, TrainingPrecision.Float32).Total.Should().Be(expected.GetProperty("adam_float32").GetInt64());
        foreach (var rank in expected.GetProperty("zero_bytes_per_rank").EnumerateObject())
        {
            // "stage 1, 8 ranks"
            var at = rank.Name.Split(' ', ',').Where(w => int.TryParse(w, out _)).Select(int.Parse).ToArray();
            Near(mixed.PerRank(at[0], at[1]), rank.Value.GetDouble());
        }
        var a = expected.GetProperty("activations");
        double Activations(ActivationMemory kept) =>
            ActivationPlan.BytesPerLayer(a.GetProperty("sequence").GetInt64(), a.GetProperty("batch").GetInt64(), a.GetProperty("width").GetInt64(), a.GetProperty("heads").GetInt64(), kept);
        Near(Activations(ActivationMemory.Everything), Number(a, "bytes_per_layer"));
        Near(Activations(ActivationMemory.WithoutAttentionMatrices), Number(a, "with_flash_or_selective"));
        Near(Activations(ActivationMemory.InputOnly), Number(a, "with_full_recomputation"));
    }

    [Fact]
    public void Days_equal_the_reference()
    {
        using var fixture = new Fixture("scaling");
        var inputs = fixture.Case("throughput").GetProperty("inputs");
        var seconds = Forecast.SecondsAtUtilization(
            Number(inputs, "parameters"), Number(inputs, "tokens"), Number(inputs, "devices") * Number(inputs, "peak_flops"), Number(inputs, "utilisation"));
        Near(seconds / 86400, Number(fixture.Case("throughput"), "days"));
    }

    private static Dictionary<string, long> Counts(JsonElement element) => element.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt64());

    private static double Number(JsonElement element, string key) => element.GetProperty(key).GetDouble();

    private static void Near(double actual, double expected) => actual.Should().BeApproximately(expected, 1e-9 * Math.Abs(expected));
}
