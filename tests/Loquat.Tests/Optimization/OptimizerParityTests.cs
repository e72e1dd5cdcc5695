using System.Globalization;
using System.Text.Json;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
using static TorchSharp.torch;

namespace Loquat.Tests.Optimization;

/// <summary>Every trajectory of the reference implementations, its options taken from the case.</summary>
public sealed class OptimizerParityTests
{
    // Names of the references for what is a rule's key here; the others have the key's own name.
    private static readonly Dictionary<string, string[]> _keys = new(StringComparer.Ordinal)
    {
        ["lr"] = ["learning_rate"],
        ["betas"] = ["adam_beta1", "adam_beta2"],
        ["beta2_decay"] = ["beta2_decay"],
    };

    // Of the references' programs, not of the rule.
    private static readonly HashSet<string> _ignored = ["foreach", "update_period"];

    public static TheoryData<string> Cases
    {
        get
        {
            using var fixture = new Fixture("optimizers");
            return [.. fixture.Cases.Where(c => c.Value.TryGetProperty("hyperparameters", out _)).Select(c => c.Name)];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_trajectory_equals_the_reference(string name)
    {
        using var fixture = new Fixture("optimizers");
        using var scope = NewDisposeScope();
        var entry = fixture.Case(name);
        var rule = RuleOf(name, entry);
        var tolerance = entry.GetProperty("tolerance").GetDouble();
        var rate = entry.GetProperty("hyperparameters").GetProperty("lr") is { ValueKind: JsonValueKind.Number } lr ? lr.GetDouble() : 1;
        var names = entry.GetProperty("parameters").EnumerateArray().Select(p => p.GetString()!).ToArray();
        var weights = names.ToDictionary(n => n, n => fixture.Tensor($"shared/start.{n}").requires_grad_());
        var gradients = names.ToDictionary(n => n, n => fixture.Tensor($"shared/grads.{n}"));
        using var optimizer = new Optimizer(names.Select(n => new OptimizerParameter(n, weights[n], WeightDecay: true)), rule);
        for (var step = 1; step <= gradients[names[0]].shape[0]; step++)
        {
            // Sophia-H looks at the curvature before its steps 1, 11, ...; Sophia-G after its steps 10, 20, ....
            if (rule.Curvature == CurvatureEstimate.HessianDiagonal && step % 10 == 1) Curvature(step);
            foreach (var parameter in names) weights[parameter].grad = gradients[parameter][step - 1].clone();
            optimizer.Step(rate);
            optimizer.ZeroGrad();
            if (rule.Curvature == CurvatureEstimate.SampledLabels && step % 10 == 0) Curvature(step);
            var prefix = $"{name}/step{step}.";
            foreach (var tensor in fixture.Names(prefix))
                Fixture.Distance(weights[tensor[prefix.Length..]], fixture.Tensor(tensor)).Should().BeLessThanOrEqualTo(tolerance, $"of {tensor}");
            if (entry.TryGetProperty("d", out var d))
                optimizer.State().Single(s => s.Name.EndsWith(".d", StringComparison.Ordinal)).Tensor.item<double>().Should().BeApproximately(d[step - 1].GetDouble(), tolerance * d[step - 1].GetDouble());
        }
        var compared = 0;
        foreach (var (key, state) in optimizer.State())
        {
            if (!fixture.Names($"{name}/state.{key}").Contains($"{name}/state.{key}")) continue;
            var expected = fixture.Tensor($"{name}/state.{key}");
            Fixture.Distance(state.reshape(expected.shape), expected).Should().BeLessThanOrEqualTo(tolerance, $"of the state {key}");
            compared++;
        }
        if (rule.NumbersPerWeight > 0) compared.Should().BePositive("what the rule remembers has the reference's names");
        foreach (var tensor in fixture.Names($"{name}/eval."))
            Fixture.Distance(optimizer.Averaged(tensor[$"{name}/eval.".Length..])!, fixture.Tensor(tensor)).Should().BeLessThanOrEqualTo(tolerance, $"of {tensor}");

        void Curvature(int step)
        {
            foreach (var parameter in names) weights[parameter].grad = fixture.Tensor($"shared/sampled.{parameter}")[step - 1].clone();
            optimizer.UpdateCurvature(tokens: 1);
        }
    }

    [Fact]
    public void Newton_Schulz_equals_the_reference_and_flattens_the_spectrum()
    {
        using var fixture = new Fixture("optimizers");
        var found = 0;
        foreach (var entry in fixture.Cases.Where(c => c.Value.TryGetProperty("iterations", out _)))
        {
            using var scope = NewDisposeScope();
            var input = fixture.Tensor($"{entry.Name}/input");
            var output = NewtonSchulz.Orthogonalize((input / linalg.norm(input)).unsqueeze(0), entry.Value.GetProperty("iterations").GetInt32())[0];
            Fixture.Distance(output, fixture.Tensor($"{entry.Name}/output")).Should().BeLessThanOrEqualTo(entry.Value.GetProperty("tolerance").GetDouble(), $"of {entry.Name}");
            found++;
        }
        found.Should().BePositive();
    }

    /// <summary>The rule whose name the case's begins with, with the case's values.</summary>
    private static RuleOptions RuleOf(string name, JsonElement entry)
    {
        var torch = entry.GetProperty("reference").GetString()!.StartsWith("torch ", StringComparison.Ordinal);
        var type = KnownRules.Types.Where(t => name == t || name.StartsWith(t + "_", StringComparison.Ordinal)).MaxBy(t => t.Length) ?? throw new InvalidDataException($"no rule has the name of {name}");
        if (type == "adafactor" && torch) type = "adafactor_torch";
        var values = new Dictionary<string, JsonElement?>(StringComparer.Ordinal);
        var rule = KnownRules.Find(type)! with { WeightDecay = 0 };
        foreach (var given in entry.GetProperty("hyperparameters").EnumerateObject())
        {
            if (_ignored.Contains(given.Name) || given.Value.ValueKind == JsonValueKind.Null) continue;
            if (given.Value.ValueKind == JsonValueKind.Array)
            {
                var keys = _keys.GetValueOrDefault(given.Name) ?? [given.Name + "1", given.Name + "2"];
                for (var i = 0; i < keys.Length; i++) Set(keys[i], given.Value[i]);
                continue;
            }
            if (given.Name == "lr" && rule is MuonOptions) Set("muon_learning_rate", given.Value);
            Set(_keys.GetValueOrDefault(given.Name)?[0] ?? (given.Name == "eps" && rule.GetType().GetProperty("Eps") is null ? "adam_epsilon" : given.Name), given.Value);
        }
        if (rule is MuonOptions) Set("precision", JsonSerializer.SerializeToElement(name.EndsWith("bfloat16", StringComparison.Ordinal) ? "bfloat16" : "float32"));
        return rule;

        void Set(string key, JsonElement value)
        {
            var property = rule.GetType().GetProperties().SingleOrDefault(p => p.CanWrite && JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name) == key) ?? throw new InvalidDataException($"{type} has no key {key}");
            var own = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            property.SetValue(rule, own.IsEnum
                ? Enum.GetValues(own).Cast<object>().Single(v => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{v}") == value.GetString())
                : own == typeof(bool) ? value.GetBoolean() : Convert.ChangeType(value.GetDouble(), own, CultureInfo.InvariantCulture));
        }
    }
}
