using System.Text.Json;
using Loquat.Layers;
using Loquat.Objectives;
using static TorchSharp.torch;

namespace Loquat.Tests.Objectives;

/// <summary>Every case of fixtures/training/objectives, told by the fields it has: what the papers' definitions make of the same tokens and the same draws.</summary>
public sealed class ObjectiveParityTests
{
    private static readonly Lazy<IReadOnlyDictionary<string, JsonElement>> _cases = new(() =>
    {
        var file = SharedFolder.Require("fixtures", "training", "objectives.json");
        return JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("cases").EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
    });

    public static TheoryData<string?> Cases => SharedFolder.Root is { } root && File.Exists(Path.Combine(root, "fixtures", "training", "objectives.json")) ? [.. _cases.Value.Keys] : [(string?)null];

    [Theory, MemberData(nameof(Cases))]
    public void A_case_is_as_the_definition_has_it(string? name)
    {
        SharedFolder.Require("fixtures", "training", "objectives.json");
        var c = _cases.Value[name!];
        if (Has(c, "choose")) Masks(c);
        else if (Has(c, "per_token")) Statistics(c);
        else if (Has(c, "word_of_token")) WholeWords(c);
        else if (Has(c, "noise")) Spans(c);
        else if (Has(c, "split")) Sequential(c);
        else if (Has(c, "spans")) Infilling(c);
        else if (Has(c, "sentences")) Denoising.Permute(c.GetProperty("sentences").EnumerateArray().Select(Longs).ToList(), [.. Longs(c.GetProperty("order")).Select(i => (int)i)]).Should().Equal(Longs(c, "inputs"));
        else if (Has(c, "positions")) Denoising.Delete(Longs(c, "tokens"), Longs(c, "positions").Select(i => (int)i).ToHashSet()).Should().Equal(Longs(c, "inputs"));
        else if (Has(c, "start")) Denoising.Rotate(Longs(c, "tokens"), c.GetProperty("start").GetInt32()).Should().Equal(Longs(c, "inputs"));
        else if (Has(c, "psm")) Middle(c);
        else if (Has(c, "causal")) Attentions(c);
        else if (Has(c, "table") && c.GetProperty("table").ValueKind == JsonValueKind.Object) Lengths(c);
        else if (Has(c, "roles")) Chat(c);
        else if (Has(c, "mode_tokens")) Denoisers(c);
        else Assert.Skip($"{name}: a kind of case that nothing here answers: {string.Join(", ", c.EnumerateObject().Select(p => p.Name))}");
    }

    private static void Masks(JsonElement c)
    {
        var (tokens, special, choose, kind) = (Longs(c, "tokens"), Longs(c, "special"), Numbers(c, "choose"), Numbers(c, "kind"));
        var randoms = Has(c, "random_tokens") ? Longs(c, "random_tokens") : Longs(c, "random");
        var mask = Has(c, "mask_id") ? c.GetProperty("mask_id").GetInt64() : c.GetProperty("mask").GetInt64();
        var defaults = new MaskedOptions();
        for (var i = 0; i < tokens.Length; i++)
        {
            var chosen = special[i] == 0 && choose[i] < defaults.MlmProbability;
            Longs(c, "labels")[i].Should().Be(chosen ? tokens[i] : -100);
            Longs(c, "inputs")[i].Should().Be(chosen ? Masking.Replace(tokens[i], kind[i], defaults.MaskReplaceProb, defaults.RandomReplaceProb, mask, randoms[i]) : tokens[i]);
        }
    }

    /// <summary>So many sequences that a share is known to a hundredth of itself.</summary>
    private static void Statistics(JsonElement c)
    {
        var setting = Tokens.Setting(130, mask: true);
        var objective = new MaskedOptions().Create(setting);
        var counts = (Predicted: 0, Masked: 0, Random: 0, Same: 0, All: 0);
        for (var place = 0; place < 400; place++)
        {
            var text = Enumerable.Range(0, objective.TextTokens).Select(i => (long)(i * 7 + place) % Tokens.Ordinary).ToArray();
            var batch = objective.Make(text, text, place);
            for (var i = 0; i < batch.Labels.Length; i++)
            {
                counts.All++;
                if (batch.Labels[i] < 0) continue;
                counts.Predicted++;
                if (batch.InputIds[i] == setting.Tokenizer.TokenToId("[MASK]")) counts.Masked++;
                else if (batch.InputIds[i] == batch.Labels[i]) counts.Same++;
                else counts.Random++;
            }
        }
        var share = c.GetProperty("per_token");
        var ordinary = 400.0 * objective.TextTokens;
        (counts.Predicted / ordinary).Should().BeApproximately(share.GetProperty("predicted").GetDouble(), 0.006);
        (counts.Masked / ordinary).Should().BeApproximately(share.GetProperty("mask").GetDouble(), 0.006);
        (counts.Random / ordinary).Should().BeApproximately(share.GetProperty("random").GetDouble(), 0.003);
        (counts.Same / ordinary).Should().BeApproximately(share.GetProperty("unchanged").GetDouble(), 0.003);
    }

    /// <summary>A word's tokens are predicted together, and words at the rate of the case.</summary>
    private static void WholeWords(JsonElement c)
    {
        var words = Longs(c, "word_of_token");
        var setting = Tokens.Setting(words.Length + 2, mask: true, continuing: true);
        var objective = new MaskedOptions { WholeWordMask = true }.Create(setting);
        // A word's first token is one that begins words, the others continue it.
        var text = words.Select((word, i) => i > 0 && words[i - 1] == word ? Tokens.Ordinary + word % 4 : word).ToArray();
        var (rounds, predicted) = (4000, 0);
        for (var place = 0; place < rounds; place++)
        {
            var batch = objective.Make(text, text, place);
            var chosen = batch.Labels.AsSpan(1, words.Length).ToArray().Select(label => label >= 0).ToArray();
            predicted += chosen.Count(one => one);
            foreach (var word in words.Distinct()) words.Select((w, i) => (w, chosen[i])).Where(pair => pair.w == word).Select(pair => pair.Item2).Distinct().Should().ContainSingle();
        }
        // The row without a label gets one: with few words that is a part of the rate.
        var rate = c.GetProperty("expected_per_token").GetDouble();
        var none = Math.Pow(1 - rate, words.Distinct().Count());
        (predicted / (double)rounds / words.Length).Should().BeInRange(rate - 0.01, rate + none / words.Length + 0.02);
    }

    private static void Spans(JsonElement c)
    {
        var first = c.TryGetProperty("first_sentinel", out var given) ? given.GetInt64() : 99;
        var sentinels = Enumerable.Range(0, 20).Select(i => first - i).ToArray();
        var end = c.TryGetProperty("eos", out var eos) ? eos.GetInt64() : 1;
        var (inputs, targets) = SpanCorruption.Apply(Longs(c, "tokens"), [.. Longs(c, "noise").Select(bit => bit == 1)], sentinels, end);
        if (c.TryGetProperty("mode_token", out var mode)) inputs.Insert(0, mode.GetInt64());
        inputs.Should().Equal(Longs(c, "inputs"));
        targets.Should().Equal(Longs(c, "targets"));
    }

    private static void Sequential(JsonElement c)
    {
        var end = c.TryGetProperty("eos", out var eos) ? eos.GetInt64() : 1;
        var (inputs, targets) = Denoising.Sequential(Longs(c, "tokens"), c.GetProperty("split").GetInt32(), c.GetProperty("mode_token").GetInt64(), c.GetProperty("sentinel").GetInt64(), end);
        inputs.Should().Equal(Longs(c, "inputs"));
        targets.Should().Equal(Longs(c, "targets"));
    }

    private static void Infilling(JsonElement c) => Denoising.Infill(
        Longs(c, "tokens"), [.. c.GetProperty("spans").EnumerateArray().Select(s => (s[0].GetInt32(), s[1].GetInt32()))], c.GetProperty("mask_id").GetInt64()).Should().Equal(Longs(c, "inputs"));

    private static void Middle(JsonElement c)
    {
        var s = c.GetProperty("sentinels");
        var special = new FillInTheMiddle.Tokens(s.GetProperty("pre").GetInt64(), s.GetProperty("suf").GetInt64(), s.GetProperty("mid").GetInt64(), s.GetProperty("eot").GetInt64());
        var (tokens, span) = (Longs(c, "tokens"), Longs(c, "span"));
        foreach (var (field, order) in new[] { ("psm", FillInTheMiddle.Order.PrefixFirst), ("spm_variant_1", FillInTheMiddle.Order.SuffixFirst), ("spm_variant_2", FillInTheMiddle.Order.SuffixFirstJoined) })
            FillInTheMiddle.Apply(tokens, (int)span[0], (int)span[1], special, order).Should().Equal(Longs(c, field), field);
    }

    private static void Lengths(JsonElement c)
    {
        foreach (var row in c.GetProperty("table").EnumerateObject())
        {
            var key = row.Name.Split(',').Select(part => double.Parse(part, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            var (noise, spans) = SpanCorruption.Counts((int)key[0], key[1], key[2]);
            var (inputs, targets) = SpanCorruption.Lengths((int)key[0], key[1], key[2]);
            (noise, spans, inputs, targets).Should().Be((Int("noise_tokens"), Int("spans"), Int("inputs_with_eos"), Int("targets_with_eos")), row.Name);
            int Int(string field) => row.Value.GetProperty(field).GetInt32();
        }
    }

    private static void Attentions(JsonElement c)
    {
        using var scope = NewDisposeScope();
        var length = c.GetProperty("length").GetInt32();
        Check("causal", Attention.Bias(new ForwardContext { AttentionMask = ones(1, length, dtype: ScalarType.Int64) }, length, Placement.Cpu)!);
        Check("prefix_lm", Attention.Bias(new ForwardContext { Prefix = tensor(new[] { c.GetProperty("prefix_length").GetInt64() }) }, length, Placement.Cpu)!);
        Check("sliding_window", Attention.Bias(new ForwardContext(), length, Placement.Cpu, window: c.GetProperty("window").GetInt64())!);
        Check("packed", Attention.Bias(new ForwardContext { Documents = tensor(Longs(c, "documents"), [1, length]) }, length, Placement.Cpu)!);

        void Check(string field, Tensor bias)
        {
            var expected = c.GetProperty(field).EnumerateArray().SelectMany(Longs).ToArray();
            bias.view(-1).data<float>().ToArray().Select(value => value == 0 ? 1L : 0L).Should().Equal(expected, field);
        }
    }

    /// <summary>Labels only on what the assistant says: roles tell.</summary>
    private static void Chat(JsonElement c)
    {
        var roles = c.GetProperty("roles").EnumerateArray().Select(r => r.GetString()).ToArray();
        Longs(c, "tokens").Select((token, i) => roles[i] == "a" ? token : -100).Should().Equal(Longs(c, "labels"));
    }

    private static void Denoisers(JsonElement c) => c.GetProperty("table").EnumerateArray().Count(row => row.GetProperty("mode").GetString() != "S").Should().Be(6, "these share evenly what S-denoising leaves");

    private static bool Has(JsonElement c, string field) => c.TryGetProperty(field, out _);

    private static long[] Longs(JsonElement c, string field) => Longs(c.GetProperty(field));

    private static long[] Longs(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetInt64())];

    private static double[] Numbers(JsonElement c, string field) => [.. c.GetProperty(field).EnumerateArray().Select(e => e.GetDouble())];
}
