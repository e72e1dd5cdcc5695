using System.Text.Json;
using Loquat.Layers;
using Loquat.Losses;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Losses;

/// <summary>Every case of fixtures/training/losses, told by the tensors and facts that it has: value and gradients, and those of the head that never holds its logits whole.</summary>
public sealed class LossParityTests
{
    private const string Section = "losses";

    private static readonly string[] _constants = ["labels", "loss", "weight", "alpha", "teacher", "negatives", "targets", "replaced", "attention_mask"];

    public static TheoryData<string?> Cases => [.. TrainingSection.Cases(Section, _ => true)];

    public static TheoryData<string?> OfVocabularies => [.. TrainingSection.Cases(Section, names => names.Contains("logits") && names.Contains("labels") && !names.Contains("teacher") && !names.Contains("alpha"))
        .Where(name => name is null || IsCrossEntropy(TrainingSection.Case(Section, name), TrainingSection.Tensors(Section, name)))];

    [Theory, MemberData(nameof(Cases))]
    public void Value_and_gradients_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        var (facts, tensors, tolerance) = Read(name);
        var leaves = tensors.Where(pair => !_constants.Contains(pair.Key) && !pair.Key.StartsWith("grad.", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key, pair => pair.Value.clone().requires_grad_(true));
        var loss = Loss(name!, facts, leaves, tensors);
        Close(loss.detach(), tensors["loss"], tolerance, "loss");
        if (loss.dim() > 0) return;
        loss.backward();
        foreach (var (key, expected) in tensors.Where(pair => pair.Key.StartsWith("grad.", StringComparison.Ordinal))) Close(leaves[key[5..]].grad!, expected, tolerance, key);
    }

    /// <summary>With the identity for its weights, the head's logits are the states: the written-out loss, by the kernel and by tensor operations.</summary>
    [Theory, MemberData(nameof(OfVocabularies))]
    public void The_head_over_the_vocabulary_gives_the_same(string? name)
    {
        using var scope = NewDisposeScope();
        var (facts, tensors, tolerance) = Read(name);
        var hidden = tensors["logits"].reshape(-1, tensors["logits"].shape[^1]);
        var labels = tensors["labels"].reshape(-1);
        var options = Options(facts, tensors);
        using var head = new Parameter(new("head", [hidden.shape[1], hidden.shape[1]], Initializer.Zeros, ParameterRole.Head), Placement.Cpu, 1);
        using (no_grad()) head.Value.copy_(eye(hidden.shape[1]));
        var weight = name!.EndsWith("_sum", StringComparison.Ordinal) ? 1 : options.WeightOf(labels.data<long>().ToArray());
        var gradient = empty_like(hidden);
        var each = new double[labels.numel()];
        var loss = VocabularyHead.CrossEntropy(hidden, head, labels, 1 / weight, gradient, each, options: options);
        VocabularyHead.CrossEntropy(hidden, head, labels, 1, gradient: null, options: options).Should().BeApproximately(loss, tolerance * Math.Abs(loss));
        if (tensors["loss"].dim() > 0)
        {
            Close(tensor(each.Select(value => (float)value).ToArray()), tensors["loss"], tolerance, "each loss");
            return;
        }
        Close(tensor((float)(loss / weight)), tensors["loss"], tolerance, "loss");
        Close(gradient, tensors["grad.logits"].view(gradient.shape), tolerance, "gradient");
        var copy = hidden.clone();
        VocabularyHead.ReduceComposite(copy, labels, 1 / weight, each, lossOnly: false, options);
        Close(copy, gradient, tolerance, "gradient of the operations");
        each.Sum().Should().BeApproximately(loss, tolerance * Math.Abs(loss));
    }

    private static Tensor Loss(string name, JsonElement facts, Dictionary<string, Tensor> leaves, Dictionary<string, Tensor> tensors)
    {
        double Number(string key) => facts.GetProperty(key).GetDouble();
        bool Has(string key) => facts.TryGetProperty(key, out _);
        if (leaves.TryGetValue("embedding", out var embedding))
        {
            var (hidden, targets, negatives) = (leaves["hidden"], tensors["targets"], tensors["negatives"]);
            if (!Has("noise")) return SampledLoss.NegativeSampling(hidden, embedding, targets, negatives).mean();
            var noise = tensor(facts.GetProperty("noise").EnumerateArray().Select(e => e.GetSingle()).ToArray());
            return facts.GetProperty("definition").GetString()!.Contains("softmax", StringComparison.Ordinal)
                ? SampledLoss.Softmax(hidden, embedding, targets, negatives, noise, removeHits: !name.EndsWith("keep_hits", StringComparison.Ordinal)).mean()
                : SampledLoss.NoiseContrastive(hidden, embedding, targets, negatives, noise).mean();
        }
        if (leaves.TryGetValue("first", out var first))
        {
            return facts.GetProperty("reference").GetString()!.Contains("CLIP", StringComparison.Ordinal)
                ? ContrastiveLoss.Symmetric(first, leaves["second"], Number("temperature")).mean()
                : ContrastiveLoss.Pairs(first, leaves["second"], Number("temperature"), leaves.GetValueOrDefault("hard")).mean();
        }
        var logits = leaves["logits"];
        if (tensors.TryGetValue("replaced", out var replaced)) return CrossEntropyLoss.Binary(logits, replaced, tensors["attention_mask"]).sum() / tensors["attention_mask"].sum();
        var labels = tensors["labels"].reshape(-1);
        if (logits.dim() == 1) return FocalLoss.Binary(logits, labels, Number("gamma"), Number("alpha")).mean();
        var rows = logits.reshape(-1, logits.shape[^1]);
        var counted = labels.ge(0).sum();
        if (tensors.TryGetValue("teacher", out var teacher))
        {
            var t = teacher.reshape(rows.shape);
            if (Has("alpha")) return DistillationLoss.Soft(rows, t, labels, Number("temperature"), Number("alpha")).sum() / counted;
            return (Has("beta") ? DistillationLoss.JensenShannon(rows, t, labels, Number("temperature"), Number("beta")) : DistillationLoss.Reverse(rows, t, labels, Number("temperature"))).sum() / counted;
        }
        if (Has("gamma")) return FocalLoss.Each(rows, labels, Number("gamma"), tensors["alpha"]).sum() / counted;
        var options = Options(facts, tensors);
        var each = CrossEntropyLoss.Each(rows, labels, options);
        if (tensors["loss"].dim() == 0) return name.EndsWith("_sum", StringComparison.Ordinal) ? each.sum() : CrossEntropyLoss.Mean(rows, labels, options);
        var mean = each.sum().item<float>() / counted.item<long>();
        if (Has("perplexity")) Math.Exp(mean).Should().BeApproximately(Number("perplexity"), 1e-5 * Number("perplexity"));
        if (Has("bytes")) (each.sum().item<float>() / Math.Log(2) / Number("bytes")).Should().BeApproximately(Number("bits_per_byte"), 1e-5);
        return each;
    }

    private static bool IsCrossEntropy(JsonElement facts, Dictionary<string, Tensor> tensors) => tensors["logits"].dim() > 1 && !facts.TryGetProperty("gamma", out _);

    private static LossOptions Options(JsonElement facts, Dictionary<string, Tensor> tensors) => new()
    {
        LabelSmoothing = facts.TryGetProperty("epsilon", out var epsilon) ? epsilon.GetDouble() : 0,
        Smoothing = facts.GetProperty("reference").GetString()!.Contains("fairseq", StringComparison.Ordinal) ? SmoothingKind.OtherClasses : SmoothingKind.AllClasses,
        ZLoss = facts.TryGetProperty("coefficient", out var coefficient) ? coefficient.GetDouble() : 0,
        ClassWeights = tensors.TryGetValue("weight", out var weight) ? weight.data<float>().ToArray() : null,
    };

    private static (JsonElement Facts, Dictionary<string, Tensor> Tensors, double Tolerance) Read(string? name)
    {
        var facts = TrainingSection.Case(Section, name);
        return (facts, TrainingSection.Tensors(Section, name), facts.TryGetProperty("tolerance", out var own) ? own.GetDouble() : TrainingSection.Tolerance(Section));
    }

    /// <summary>Largest difference over largest value.</summary>
    private static void Close(Tensor actual, Tensor expected, double tolerance, string what)
    {
        actual.shape.Should().Equal(expected.shape, what);
        var (a, e) = (actual.to(ScalarType.Float64), expected.to(ScalarType.Float64));
        ((a - e).abs().max() / e.abs().max()).item<double>().Should().BeLessThanOrEqualTo(tolerance, what);
    }
}
