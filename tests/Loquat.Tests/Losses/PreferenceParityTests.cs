using System.Text.Json;
using Loquat.Losses;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Losses;

/// <summary>Every case of fixtures/training/preferences, told by the tensors and facts that it has: value and gradients, advantages and rewards.</summary>
public sealed class PreferenceParityTests
{
    private const string Section = "preferences";

    public static TheoryData<string?> Cases => [.. TrainingSection.Cases(Section, _ => true)];

    [Theory, MemberData(nameof(Cases))]
    public void Values_and_gradients_are_those_of_the_reference(string? name)
    {
        var facts = TrainingSection.Case(Section, name);
        using var scope = NewDisposeScope();
        var tensors = TrainingSection.Tensors(Section, name);
        var tolerance = TrainingSection.Tolerance(Section);
        var leaves = tensors.Keys.Where(key => key.StartsWith("grad.", StringComparison.Ordinal)).ToDictionary(key => key[5..], key => tensors[key[5..]].clone().requires_grad_(true));
        if (leaves.Count == 0)
        {
            var made = Numbers(facts, tensors).ToList();
            made.Should().NotBeEmpty();
            foreach (var (key, actual) in made) Close(tensor(actual.Select(x => (float)x).ToArray(), tensors[key].shape), tensors[key], tolerance, key);
            return;
        }
        var loss = Loss(name!, facts, leaves, tensors);
        Close(loss.detach(), tensors["loss"], tolerance, "loss");
        loss.backward();
        foreach (var (key, leaf) in leaves) Close(leaf.grad!, tensors[$"grad.{key}"], tolerance, key);
    }

    private static Tensor Loss(string name, JsonElement facts, Dictionary<string, Tensor> leaves, Dictionary<string, Tensor> tensors)
    {
        double Number(string key, double otherwise = 0) => facts.TryGetProperty(key, out var value) ? value.GetDouble() : otherwise;
        var reference = facts.GetProperty("reference").GetString()!;
        if (leaves.TryGetValue("values", out var values)) return PolicyGradientLoss.ClippedValues(values, tensors["old_values"], tensors["returns"], Number("clip"));
        if (leaves.TryGetValue("chosen", out var chosen)) return OfPairs(chosen, leaves["rejected"], reference, Number);
        var (log, mask) = (leaves["log_probs"], tensors["mask"]);
        if (tensors.TryGetValue("clipped_fraction", out var fraction))
        {
            var (loss, clipped) = PolicyGradientLoss.Clipped(log, tensors["old_log_probs"], tensors["advantages"], mask, Number("clip"));
            clipped.Should().BeApproximately(fraction.item<float>(), 1e-6);
            return loss;
        }
        if (tensors.TryGetValue("old_log_probs", out var old))
        {
            var words = reference.Split(' ', ',');
            return PolicyGradientLoss.Group(log, old, tensors["reference"], tensors["advantages"], mask, new()
            {
                Form = Enum.Parse<PolicyGradientForm>(words[Array.IndexOf(words, "loss_type") + 1].Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
                EpsilonLow = Number("epsilon_low"),
                EpsilonHigh = Number("epsilon_high"),
                Beta = Number("beta"),
                MaxCompletionLength = (int)Number("max_completion_length"),
                SequenceRatios = words[^1] == "sequence",
            });
        }
        // Log-probabilities are 0 where the mask is.
        var (sums, references) = (log.sum(1), tensors.TryGetValue("reference", out var before) ? before.sum(1) : zeros(log.shape[0]));      // (2B)
        var pairs = sums.shape[0] / 2;
        if (facts.TryGetProperty("kl_log_ratios", out var mismatched))
        {
            var others = tensor(mismatched.EnumerateArray().Select(e => e.GetSingle()).ToArray());
            return PreferenceLoss.Prospect(sums - references, arange(2 * pairs).lt(pairs), others, Number("beta"), Number("desirable_weight"), Number("undesirable_weight")).mean();
        }
        var form = FormOf(name, reference);
        if (form.TakesMeans() && facts.TryGetProperty("note", out _)) (sums, references) = (sums / mask.sum(1), references / mask.sum(1));
        return DirectPreferenceLoss.Each(sums.narrow(0, 0, pairs), sums.narrow(0, pairs, pairs), references.narrow(0, 0, pairs), references.narrow(0, pairs, pairs), form, Number("beta"), Number("label_smoothing")).mean();
    }

    private static Tensor OfPairs(Tensor chosen, Tensor rejected, string reference, Func<string, double, double> number) => reference switch
    {
        _ when reference.Contains("ORPO", StringComparison.Ordinal) => number("nll", 0) + PreferenceLoss.OddsRatio(chosen, rejected, number("beta", 0)).mean(),
        _ when reference.Contains("simpo", StringComparison.Ordinal) => PreferenceLoss.Simple(chosen, rejected, number("beta", 0), number("gamma", 0)).mean(),
        _ when reference.Contains("cpo_loss", StringComparison.Ordinal) => PreferenceLoss.Contrastive(chosen, rejected, number("beta", 0)).mean(),
        _ => PreferenceLoss.BradleyTerry(chosen, rejected, number("margin", 0), number("centre_coefficient", 0)).mean(),
    };

    private static DirectPreferenceForm FormOf(string name, string reference)
    {
        var words = reference.Split(' ', ',');
        if (Array.IndexOf(words, "loss_type") is >= 0 and var at) return Enum.Parse<DirectPreferenceForm>(words[at + 1].Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
        return name.Contains("ipo", StringComparison.Ordinal) ? DirectPreferenceForm.Ipo : DirectPreferenceForm.Sigmoid;
    }

    private static IEnumerable<(string Key, double[] Values)> Numbers(JsonElement facts, Dictionary<string, Tensor> tensors)
    {
        double[] Row(string key, long row) => [.. tensors[key].select(0, row).to(ScalarType.Float64).data<double>()];
        double[] All(string key) => [.. tensors[key].reshape(-1).to(ScalarType.Float64).data<double>()];
        if (facts.TryGetProperty("group_size", out var size))
        {
            var rewards = All("rewards");
            foreach (var scale in Enum.GetValues<RewardScale>()) yield return (scale.ToString().ToLowerInvariant(), Advantages.OfGroups(rewards, size.GetInt32(), scale));
            yield return ("rloo", Advantages.LeaveOneOut(rewards, size.GetInt32()));
        }
        else if (facts.TryGetProperty("lam", out var lambda))
        {
            var rows = Enumerable.Range(0, (int)tensors["rewards"].shape[0]);
            double[] advantages = [.. rows.SelectMany(row => Advantages.Generalized(Row("rewards", row), Row("values", row), All("next_value")[row], facts.GetProperty("gamma").GetDouble(), lambda.GetDouble()))];
            yield return ("advantages", advantages);
            yield return ("returns", [.. advantages.Zip(All("values"), (a, v) => a + v)]);
            yield return ("whitened", Advantages.Whitened(advantages));
        }
        else if (facts.TryGetProperty("kl_coefficient", out var beta))
        {
            yield return ("rewards", [.. Enumerable.Range(0, (int)tensors["mask"].shape[0]).SelectMany(row => Advantages.TokenRewards(
                Row("log_probs", row), Row("reference", row), [.. Row("mask", row).Select(bit => bit > 0)], All("score")[row], beta.GetDouble()))]);
        }
    }

    /// <summary>Largest difference over largest value.</summary>
    private static void Close(Tensor actual, Tensor expected, double tolerance, string what)
    {
        actual.shape.Should().Equal(expected.shape, what);
        var (a, e) = (actual.to(ScalarType.Float64), expected.to(ScalarType.Float64));
        ((a - e).abs().max() / e.abs().max().clamp(min: 1e-30)).item<double>().Should().BeLessThanOrEqualTo(tolerance, what);
    }
}
