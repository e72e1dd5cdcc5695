using System.Text.Json;
using Loquat.Optimization;

namespace Loquat.Tests.Optimization;

public sealed class LearningRateScheduleTests
{
    /// <summary>The reference functions that have a class here, and how their arguments map to it.</summary>
    private static LearningRateSchedule? FromReference(string reference, double rate, JsonElement a)
    {
        long Int(string key) => a.GetProperty(key).GetInt64();
        double Number(string key, double otherwise) => a.TryGetProperty(key, out var v) ? v.GetDouble() : otherwise;
        RampShape Shape(string key) => !a.TryGetProperty(key, out var v) ? RampShape.Linear : v.GetString() switch
        {
            "linear" => RampShape.Linear,
            "cosine" => RampShape.Cosine,
            "1-sqrt" => RampShape.OneMinusSqrt,
            var other => throw new InvalidDataException($"ramp {other}"),
        };
        return reference switch
        {
            "transformers.get_constant_schedule" => new ConstantSchedule(rate),
            "transformers.get_constant_schedule_with_warmup" => new ConstantSchedule(rate, Int("num_warmup_steps")),
            "transformers.get_linear_schedule_with_warmup" => new LinearSchedule(rate, Int("num_warmup_steps"), Int("num_training_steps")),
            "transformers.get_cosine_schedule_with_warmup"
                or "transformers.get_cosine_with_min_lr_schedule_with_warmup"
                or "transformers.get_cosine_with_min_lr_schedule_with_warmup_lr_rate" =>
                new CosineSchedule(rate, Int("num_warmup_steps"), Int("num_training_steps"))
                {
                    Cycles = Number("num_cycles", 0.5),
                    MinRatio = Number("min_lr_rate", Number("min_lr", 0) / rate),
                    WarmupStartRatio = a.TryGetProperty("warmup_lr_rate", out var start) ? start.GetDouble() : null,
                },
            "transformers.get_wsd_schedule" =>
                new WarmupStableDecaySchedule(
                    rate,
                    Int("num_warmup_steps"),
                    a.TryGetProperty("num_stable_steps", out var stable) ? stable.GetInt64() : Int("num_training_steps") - Int("num_warmup_steps") - Int("num_decay_steps"),
                    Int("num_decay_steps"))
                {
                    WarmupShape = Shape("warmup_type"),
                    DecayShape = Shape("decay_type"),
                    MinRatio = Number("min_lr_ratio", 0),
                },
            "nanoGPT train.py get_lr" => new WarmCosineSchedule(a.GetProperty("learning_rate").GetDouble(), a.GetProperty("min_lr").GetDouble(), Int("warmup_iters"), Int("lr_decay_iters")),
            _ => null,
        };
    }

    [Fact]
    public void Rates_equal_the_reference_at_every_step()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("fixtures", "training", "schedules.json")));
        var tolerance = file.RootElement.GetProperty("about").GetProperty("tolerance").GetDouble();
        var types = new HashSet<Type>();
        foreach (var entry in file.RootElement.GetProperty("cases").EnumerateObject())
        {
            var rate = entry.Value.TryGetProperty("base_lr", out var r) ? r.GetDouble() : 1;
            if (FromReference(entry.Value.GetProperty("reference").GetString()!, rate, entry.Value.GetProperty("arguments")) is not { } schedule) continue;
            types.Add(schedule.GetType());
            var expected = entry.Value.GetProperty("lr").EnumerateArray().Select(v => v.GetDouble()).ToArray();
            var largest = expected.Max();
            for (var step = 0; step < expected.Length; step++)
                schedule.At(step).Should().BeApproximately(expected[step], tolerance * largest, $"of {entry.Name} at step {step}");
        }
        types.Should().BeEquivalentTo([typeof(ConstantSchedule), typeof(LinearSchedule), typeof(CosineSchedule), typeof(WarmupStableDecaySchedule), typeof(WarmCosineSchedule)]);
    }

    [Theory]
    [InlineData(ScheduleKind.Constant)]
    [InlineData(ScheduleKind.Linear)]
    [InlineData(ScheduleKind.Cosine)]
    [InlineData(ScheduleKind.WarmupStableDecay)]
    public void Rates_stay_between_zero_and_the_highest_which_they_reach(ScheduleKind kind) =>
        CsCheck.Check.Sample(
            CsCheck.Gen.Select(CsCheck.Gen.Int[0, 50], CsCheck.Gen.Int[60, 300], CsCheck.Gen.Double[0, 1]),
            (warmup, total, floor) =>
            {
                var schedule = LearningRateSchedule.Create(kind, 0.01, warmup, total, floor, decaySteps: 5);
                var rates = Enumerable.Range(0, total + 20).Select(s => schedule.At(s)).ToArray();
                return rates.All(r => r is >= 0 and <= 0.01 * (1 + 1e-12)) && Math.Abs(rates.Max() - 0.01) < 1e-12;
            },
            iter: 200);

    [Theory]
    [InlineData(0, 0, 10, 0, "learning_rate")]
    [InlineData(double.NaN, 0, 10, 0, "learning_rate")]
    [InlineData(1, -1, 10, 0, "warmup_steps")]
    [InlineData(1, 0, 0, 0, "steps")]
    [InlineData(1, 0, 10, 1.5, "min_lr_ratio")]
    public void A_value_out_of_range_is_named(double rate, long warmup, long total, double floor, string key)
    {
        var create = () => LearningRateSchedule.Create(ScheduleKind.Cosine, rate, warmup, total, floor);
        create.Should().Throw<OptionsException>().WithMessage($"*{key}*allowed*");
    }
}
