using System.Globalization;
using System.Text.Json;
using Loquat.Optimization;
using Loquat.Optimization.Schedules;

namespace Loquat.Tests.Optimization;

public sealed class LearningRateScheduleTests
{
    // The references' names for schedules, and for what is a key here or an argument of Create.
    private static readonly Dictionary<string, string> _types = new(StringComparer.Ordinal)
    {
        ["transformers.get_constant_schedule"] = "constant",
        ["transformers.get_constant_schedule_with_warmup"] = "constant_with_warmup",
        ["transformers.get_linear_schedule_with_warmup"] = "linear",
        ["transformers.get_cosine_schedule_with_warmup"] = "cosine",
        ["transformers.get_cosine_with_min_lr_schedule_with_warmup"] = "cosine_with_min_lr",
        ["transformers.get_cosine_with_min_lr_schedule_with_warmup_lr_rate"] = "cosine_warmup_with_min_lr",
        ["transformers.get_cosine_with_hard_restarts_schedule_with_warmup"] = "cosine_with_restarts",
        ["transformers.get_polynomial_decay_schedule_with_warmup"] = "polynomial",
        ["transformers.get_inverse_sqrt_schedule"] = "inverse_sqrt",
        ["transformers.get_wsd_schedule"] = "warmup_stable_decay",
        ["torch.optim.lr_scheduler.OneCycleLR"] = "one_cycle",
        ["torch.optim.lr_scheduler.ReduceLROnPlateau"] = "reduce_lr_on_plateau",
        ["torch.optim.lr_scheduler.ExponentialLR"] = "exponential",
        ["torch.optim.lr_scheduler.StepLR"] = "step",
        ["torch.optim.lr_scheduler.MultiStepLR"] = "multi_step",
        ["torch.optim.lr_scheduler.LinearLR"] = "linear_lr",
        ["torch.optim.lr_scheduler.CosineAnnealingLR"] = "cosine_annealing",
        ["torch.optim.lr_scheduler.CosineAnnealingWarmRestarts"] = "cosine_annealing_warm_restarts",
        ["torch.optim.lr_scheduler.PolynomialLR"] = "polynomial_lr",
        ["torch.optim.lr_scheduler.CyclicLR"] = "cyclic",
        ["Vaswani et al. 2017"] = "noam",
        ["Howard & Ruder 2018"] = "slanted_triangular",
        ["nanoGPT train.py get_lr"] = "nanogpt_cosine",
    };

    private static readonly string[] _rates = ["max_lr", "learning_rate", "factor"];
    private static readonly string[] _totals = ["num_training_steps", "total_steps", "total", "lr_decay_iters"];

    public static TheoryData<string> Cases
    {
        get
        {
            using var file = Read();
            return [.. file.RootElement.GetProperty("cases").EnumerateObject().Select(c => c.Name)];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rates_equal_the_reference_at_every_step(string name)
    {
        using var file = Read();
        var entry = file.RootElement.GetProperty("cases").GetProperty(name);
        var reference = entry.GetProperty("reference").GetString()!;
        var options = KnownSchedules.Find(_types.Single(t => reference == t.Key || (reference.StartsWith(t.Key, StringComparison.Ordinal) && !t.Key.Contains('.', StringComparison.Ordinal))
            || (t.Key.EndsWith("2017", StringComparison.Ordinal) && reference.StartsWith(t.Key, StringComparison.Ordinal))).Value)!;
        options = options is WarmupScheduleOptions warm ? warm with { WarmupSteps = 0 } : options with { };
        // The floor that transformers' plateau schedule has by default is none; a recipe's is.
        if (options is WarmupStableDecayOptions stable) options = stable with { MinLrRatio = 0 };
        var rate = entry.TryGetProperty("base_lr", out var b) ? b.GetDouble() : 1;
        var total = 1L;
        foreach (var argument in entry.GetProperty("arguments").EnumerateObject())
        {
            var ownFactor = argument.Name == "factor" && options is ReduceLrOnPlateauOptions;
            if (_totals.Contains(argument.Name)) total = argument.Value.GetInt64();
            else if (_rates.Contains(argument.Name) && !ownFactor) rate = argument.Value.GetDouble();
            else if (argument.Name is not ("cycle_momentum" or "mode") || options is CyclicOptions && argument.Name == "mode") Set(options, argument.Name switch
            {
                "num_warmup_steps" or "warmup" or "warmup_iters" => "warmup_steps",
                "num_decay_steps" => "decay_steps",
                "num_stable_steps" => "stable_steps",
                "T_max" => "t_max",
                "T_0" => "t0",
                "T_mult" => "t_mult",
                "min_lr" when options is NanogptCosineOptions => "min_lr_ratio",
                var other => other,
            }, argument.Value, options is NanogptCosineOptions && argument.Name == "min_lr" ? rate : 1);
        }
        if (options is OneCycleOptions or CyclicOptions) rate = entry.GetProperty("arguments").GetProperty("max_lr").GetDouble();
        var schedule = options.Create(rate, total);
        var expected = entry.GetProperty("lr").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        var tolerance = file.RootElement.GetProperty("about").GetProperty("tolerance").GetDouble() * expected.Max();
        for (var step = 0; step < expected.Length; step++)
        {
            schedule.At(step).Should().BeApproximately(expected[step], tolerance, $"of step {step}");
            if (schedule is ILossSchedule told) told.Observe(entry.GetProperty("metrics")[step].GetDouble());
        }
    }

    public static TheoryData<string> Types => [.. KnownSchedules.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void Rates_stay_between_zero_and_the_highest(string type) =>
        CsCheck.Check.Sample(
            CsCheck.Gen.Select(CsCheck.Gen.Int[0, 50], CsCheck.Gen.Int[60, 300]),
            (warmup, total) =>
            {
                var options = KnownSchedules.Find(type)!;
                if (options is WarmupScheduleOptions warm) options = warm with { WarmupSteps = warmup };
                var schedule = options.Create(0.01, total);
                return Enumerable.Range(0, total + 20).All(step => schedule.At(step) is >= 0 and <= 0.01 * (1 + 1e-12));
            },
            iter: 100);

    [Fact]
    public void A_schedule_that_looks_at_losses_goes_on_from_its_memory()
    {
        double[] losses = [3, 2, 2, 2, 2, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5];
        var options = new ReduceLrOnPlateauOptions { Patience = 1, Cooldown = 1, Factor = 0.5 };
        for (var stop = 0; stop < losses.Length; stop++)
        {
            var (whole, first, second) = (new PlateauSchedule(0.1, options), new PlateauSchedule(0.1, options), new PlateauSchedule(0.1, options));
            foreach (var loss in losses) whole.Observe(loss);
            foreach (var loss in losses[..stop]) first.Observe(loss);
            second.Memory = first.Memory;
            foreach (var loss in losses[stop..]) second.Observe(loss);
            second.Memory.Should().Equal(whole.Memory);
        }
    }

    private static JsonDocument Read() => JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("fixtures", "training", "schedules.json")));

    private static void Set(ScheduleOptions options, string key, JsonElement value, double per)
    {
        var property = options.GetType().GetProperties().SingleOrDefault(p => p.CanWrite && JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name) == key) ?? throw new InvalidDataException($"{options.Type} has no key {key}");
        var own = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        property.SetValue(options, own switch
        {
            { IsEnum: true } => Enum.GetValues(own).Cast<object>().Single(v => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{v}") == value.GetString()!.Replace("1-sqrt", "one_minus_sqrt", StringComparison.Ordinal)),
            _ when own == typeof(bool) => value.GetBoolean(),
            _ when own == typeof(string) => string.Join(',', value.EnumerateArray()),
            _ => Convert.ChangeType(value.GetDouble() / per, own, CultureInfo.InvariantCulture),
        });
    }
}
