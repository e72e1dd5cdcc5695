using System.Text.Json;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Models;
using Loquat.Tests.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>Every case of fixtures/training/initialization: formulas, samples of them, and how the families start. A key that no one knows fails.</summary>
public sealed class InitializationFixtureTests
{
    public static TheoryData<string?> All
    {
        get
        {
            if (SharedFolder.Root is null) return [(string?)null];
            using var document = Open();
            return [.. document.RootElement.GetProperty("cases").EnumerateObject().Select(c => (string?)c.Name)];
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Starts_are_those_of_the_reference(string? name)
    {
        SharedFolder.Require("fixtures", "training", "initialization.json");
        using var scope = NewDisposeScope();
        using var document = Open();
        var facts = document.RootElement.GetProperty("cases").GetProperty(name!);
        if (facts.TryGetProperty("gains", out _)) Matrix(name!, facts);
        else if (facts.TryGetProperty("ratio", out var ratio)) Starts.Cut(2).Should().BeApproximately(ratio.GetDouble(), 1e-9);
        else if (facts.TryGetProperty("residual_projection", out _)) Gpt2(facts);
        else if (facts.TryGetProperty("relative_bias", out _)) T5(facts);
        else if (facts.TryGetProperty("wang", out _)) Residual(facts);
        else if (facts.TryGetProperty("lstm", out _)) Recurrent(facts);
        else if (facts.TryGetProperty("table", out _)) Widths(facts);
        else if (facts.TryGetProperty("std", out _)) Embedding(facts);
        else Bert(facts);
    }

    private static void Matrix(string name, JsonElement facts)
    {
        var sizes = name.Split('x').Select(s => long.Parse(s, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var (rows, columns) = (sizes[0], sizes[1]);
        foreach (var gain in facts.GetProperty("gains").EnumerateObject()) Starts.Gain(gain.Name).Should().BeApproximately(gain.Value.GetDouble(), 1e-9, gain.Name);
        var relu = Starts.Gain("relu");
        foreach (var scheme in facts.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object && p.Name != "gains"))
        {
            var deviation = scheme.Name switch
            {
                "xavier_normal" or "xavier_uniform" => Starts.Xavier(rows, columns),
                "kaiming_normal_relu" or "kaiming_uniform_relu" => Starts.Kaiming(columns, relu),
                "kaiming_normal_relu_fan_out" => Starts.Kaiming(rows, relu),
                "lecun_normal" => Starts.LeCun(columns),
                "torch_linear" or "torch_linear_bias" => 1 / Math.Sqrt(3.0 * columns),
                "small_init" => Starts.Small(columns),
                "orthogonal" => 1 / Math.Sqrt(Math.Max(rows, columns)),
                "truncated_normal" => scheme.Value.GetProperty("sigma").GetDouble() * Starts.Cut(2),
                _ => throw new ArgumentOutOfRangeException(nameof(facts), scheme.Name, "no such start"),
            };
            var expected = scheme.Value.TryGetProperty("std", out var std) ? std.GetDouble() : scheme.Value.GetProperty("std_after_cut_at_two_sigmas").GetDouble();
            deviation.Should().BeApproximately(expected, 1e-9, scheme.Name);
            var bounded = scheme.Value.TryGetProperty("bound", out var bound);
            Initializer start = scheme.Name switch
            {
                "orthogonal" => Initializer.Orthogonal(rows, columns),
                "truncated_normal" => Initializer.TruncatedNormal(scheme.Value.GetProperty("sigma").GetDouble(), 2),
                _ => bounded ? Initializer.Uniform(Starts.Bound(deviation)) : Initializer.Normal(deviation),
            };
            if (bounded && scheme.Name != "truncated_normal") Starts.Bound(deviation).Should().BeApproximately(bound.GetDouble(), 1e-9, scheme.Name);
            var values = Sample(start, scheme.Name == "torch_linear_bias" ? [rows * columns] : [rows, columns]);
            Deviates(values, expected, scheme.Name);
            if (bounded) values.abs().max().item<float>().Should().BeLessThanOrEqualTo((float)bound.GetDouble() * 1.0000001f, scheme.Name);
            if (scheme.Name != "orthogonal") continue;
            var product = rows <= columns ? values.matmul(values.t()) : values.t().matmul(values);
            (product - eye(product.shape[0])).abs().max().item<float>().Should().BeLessThan(1e-5f);
        }
    }

    private static void Gpt2(JsonElement facts)
    {
        var layers = facts.GetProperty("layers").GetInt32();
        var config = ConfigText.Read($$"""{"model_type": "gpt2", "vocab_size": 500, "n_embd": 64, "n_layer": {{layers}}, "n_head": 2, "n_positions": 64}""");
        var names = facts.GetProperty("residual_names").EnumerateArray().Select(n => n.GetString()!).ToList();
        foreach (var spec in config.Parameters())
        {
            var residual = names.Exists(spec.Name.EndsWith);
            if (residual) Deviates(Sample(spec), facts.GetProperty("residual_projection").GetDouble(), spec.Name);
            else if (spec.Role is ParameterRole.Matrix) Deviates(Sample(spec), facts.GetProperty("weight").GetDouble(), spec.Name);
            else if (spec.Role is ParameterRole.Embedding) Deviates(Sample(spec), facts.GetProperty("embedding").GetDouble(), spec.Name);
            else Sample(spec).eq(spec.Name.EndsWith("bias", StringComparison.Ordinal) ? facts.GetProperty("bias").GetDouble() : facts.GetProperty("norm_gain").GetDouble()).all().item<bool>().Should().BeTrue(spec.Name);
        }
    }

    private static void Bert(JsonElement facts)
    {
        var config = ConfigText.Read("""{"model_type": "bert", "vocab_size": 500, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 128, "max_position_embeddings": 64, "pad_token_id": 0}""");
        foreach (var spec in config.Parameters())
        {
            if (spec.Role is ParameterRole.Matrix) Deviates(Sample(spec), facts.GetProperty("weight").GetDouble(), spec.Name);
            else if (spec.Name.EndsWith("bias", StringComparison.Ordinal)) Sample(spec).eq(facts.GetProperty("bias").GetDouble()).all().item<bool>().Should().BeTrue(spec.Name);
        }
    }

    private static void T5(JsonElement facts)
    {
        int N(string key) => facts.GetProperty(key).GetInt32();
        var config = ConfigText.Read($$"""
            {"model_type": "t5", "vocab_size": 64, "d_model": {{N("d_model")}}, "d_kv": {{N("d_kv")}}, "d_ff": {{N("d_ff")}}, "num_layers": 1, "num_heads": {{N("heads")}}, "initializer_factor": {{facts.GetProperty("factor").GetRawText()}}, "tie_word_embeddings": false, "is_encoder_decoder": true}
            """);
        (string Part, string Key)[] parts =
        [
            ("shared.weight", "embedding"), ("lm_head.weight", "lm_head"), (".q.weight", "query"), (".k.weight", "key"), (".v.weight", "value"), (".o.weight", "output"), (".wi.weight", "wi"), (".wo.weight", "wo"),
            ("relative_attention_bias.weight", "relative_bias"),
        ];
        foreach (var (part, key) in parts)
            foreach (var spec in config.Parameters().Where(spec => spec.Name.EndsWith(part, StringComparison.Ordinal))) Deviates(Sample(spec), facts.GetProperty(key).GetDouble(), spec.Name);
    }

    private static void Residual(JsonElement facts)
    {
        const int width = 768;
        Starts.Wang(width, facts.GetProperty("layers").GetInt32()).Should().BeApproximately(facts.GetProperty("wang").GetDouble(), 1e-9);
        Starts.Small(width).Should().BeApproximately(facts.GetProperty("small").GetDouble(), 1e-9);
    }

    private static void Recurrent(JsonElement facts)
    {
        var bound = facts.GetProperty("bound").GetDouble();
        var hidden = (int)Math.Round(1 / (bound * bound));
        foreach (var type in (string[])["lstm", "gru", "rnn"])
        {
            var config = ConfigText.Read($$"""{"model_type": "{{type}}", "vocab_size": 8, "hidden_size": {{hidden}}, "embedding_size": 16, "num_layers": 1}""");
            foreach (var spec in config.Parameters().Where(spec => spec.Name.StartsWith("model.rnn.", StringComparison.Ordinal)))
            {
                var values = Sample(spec);
                Deviates(values, facts.GetProperty("lstm").GetDouble(), spec.Name);
                values.abs().max().item<float>().Should().BeLessThanOrEqualTo((float)bound * 1.0000001f, spec.Name);
            }
        }
    }

    private static void Embedding(JsonElement facts)
    {
        var table = ConfigText.Read("""{"model_type": "lstm", "vocab_size": 300, "hidden_size": 32, "num_layers": 1}""").Parameters().First();
        Deviates(Sample(table), facts.GetProperty("std").GetDouble(), table.Name);
    }

    private static void Widths(JsonElement facts)
    {
        foreach (var row in facts.GetProperty("table").EnumerateObject())
        {
            var ratio = double.Parse(row.Name, System.Globalization.CultureInfo.InvariantCulture);
            foreach (var rule in row.Value.EnumerateObject())
            {
                foreach (var part in rule.Value.EnumerateObject())
                {
                    var factors = rule.Name == "adam_untied" ? WidthFactors.AdamUntiedHead(ratio) : WidthFactors.Adam(part.Name, ratio);
                    var rate = rule.Name == "sgd" ? WidthFactors.SgdLearningRate(part.Name, ratio) : factors.LearningRate;
                    rate.Should().BeApproximately(part.Value.GetProperty("lr").GetDouble(), 1e-9, $"{row.Name} {rule.Name} {part.Name}");
                    if (rule.Name == "sgd") continue;
                    factors.InitStd.Should().BeApproximately(part.Value.GetProperty("init_std").GetDouble(), 1e-9, $"{row.Name} {rule.Name} {part.Name}");
                    factors.Multiplier.Should().BeApproximately(part.Value.GetProperty("multiplier").GetDouble(), 1e-9, $"{row.Name} {rule.Name} {part.Name}");
                }
            }
        }
    }

    private static Tensor Sample(ParameterSpec spec) => new Parameter(spec, Placement.Cpu, seed: 5).Value.detach();

    private static Tensor Sample(Initializer start, params long[] shape) => Sample(new ParameterSpec("sample", shape, start, ParameterRole.Vector));

    /// <summary>Within 4 / √(2 n) of the deviation, relatively.</summary>
    private static void Deviates(Tensor values, double deviation, string what)
    {
        var found = Math.Sqrt(values.to(ScalarType.Float64).square().mean().item<double>());
        (found / deviation).Should().BeApproximately(1, 4 / Math.Sqrt(2.0 * values.numel()), what);
    }

    private static JsonDocument Open() => JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("fixtures", "training", "initialization.json")));
}
