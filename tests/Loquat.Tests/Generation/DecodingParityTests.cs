using System.Text.Json;
using Loquat.Generation;

namespace Loquat.Tests.Generation;

/// <summary>What is done to logits, case by case, against the reference's processors: the settings of the case put into options, or the function that has no setting.</summary>
public sealed class DecodingParityTests
{
    public static TheoryData<string?> Cases => [.. DecodingFixture.Names((c, name) => DecodingFixture.Has($"{name}/processed") && !c.TryGetProperty("guidance_scale", out _))];

    [Theory, MemberData(nameof(Cases))]
    public void Logits_become_those_of_the_reference(string? name)
    {
        var given = DecodingFixture.Case(name);
        var (ids, logits, expected) = (DecodingFixture.Ids($"{name}/ids"), DecodingFixture.Rows($"{name}/logits"), DecodingFixture.Rows($"{name}/processed"));
        // The tolerance is of the largest value.
        var largest = expected.SelectMany(values => values).Where(float.IsFinite).Max(MathF.Abs);
        for (var row = 0; row < logits.Length; row++)
        {
            var source = DecodingFixture.Has($"{name}/encoder_ids") ? DecodingFixture.Ids($"{name}/encoder_ids")[row] : [];
            Process(given.GetProperty("arguments"), given.GetProperty("reference").GetString()!, logits[row], ids[row], source);
            for (var id = 0; id < expected[row].Length; id++)
            {
                if (float.IsNegativeInfinity(expected[row][id])) logits[row][id].Should().Be(float.NegativeInfinity, $"token {id} of row {row}");
                else ((double)logits[row][id]).Should().BeApproximately(expected[row][id], DecodingFixture.Tolerance * largest, $"token {id} of row {row}");
            }
        }
    }

    [Theory]
    [InlineData("greedy")]
    [InlineData("greedy_tie")]
    public void The_likeliest_token_is_the_first_of_equals(string name)
    {
        var (logits, tokens) = (DecodingFixture.Rows($"{name}/logits"), DecodingFixture.Ids($"{name}/token"));
        for (var row = 0; row < logits.Length; row++) LogitsProcessing.ArgMax(logits[row]).Should().Be(tokens[row][0]);
    }

    private static void Process(JsonElement arguments, string reference, float[] logits, int[] ids, int[] source)
    {
        double Number(string key) => arguments.GetProperty(key).GetDouble();
        int Whole(string key) => arguments.GetProperty(key).GetInt32();
        int[] List(string key) => [.. arguments.GetProperty(key).EnumerateArray().Select(e => e.GetInt32())];
        var end = arguments.TryGetProperty("eos_token_id", out var eos) ? new[] { eos.GetInt32() } : [];
        var begun = arguments.TryGetProperty("prompt_length_to_skip", out var skip) || arguments.TryGetProperty("input_ids_seq_length", out skip) || arguments.TryGetProperty("prompt_length", out skip)
            ? skip.GetInt32() : ids.Length == 1 ? 1 : 0;
        var longest = arguments.TryGetProperty("max_length", out var max) ? max.GetInt32() : int.MaxValue;
        var options = new SamplingOptions { EosTokenIds = end };
        foreach (var argument in arguments.EnumerateObject())
        {
            var key = argument.Name;
            switch (key)
            {
                case "temperature": options = options with { Temperature = Number(key) }; break;
                case "top_k": options = options with { TopK = Whole(key) }; break;
                case "top_p" when arguments.TryGetProperty("min_tokens_to_keep", out _): LogitsProcessing.TopP(logits, Number(key), Whole("min_tokens_to_keep")); return;
                case "top_p": options = options with { TopP = Number(key) }; break;
                case "min_p": options = options with { MinP = Number(key) }; break;
                case "mass": options = options with { TypicalP = Number(key) }; break;
                case "epsilon": options = reference.Contains("Eta", StringComparison.Ordinal) ? options with { EtaCutoff = Number(key) } : options with { EpsilonCutoff = Number(key) }; break;
                case "top_h": options = options with { TopH = Number(key) }; break;
                case "repetition_penalty": options = options with { RepetitionPenalty = Number(key) }; break;
                case "penalty" when reference.Contains("Encoder", StringComparison.Ordinal): options = options with { EncoderRepetitionPenalty = Number(key) }; break;
                case "penalty" when arguments.TryGetProperty("prompt_ignore_length", out var ignored): LogitsProcessing.RepetitionPenalty(logits, ids.AsSpan(ignored.GetInt32()), Number(key)); return;
                case "penalty": options = options with { RepetitionPenalty = Number(key) }; break;
                case "ngram_size": options = options with { NoRepeatNgramSize = Whole(key) }; break;
                case "bad_words_ids": options = options with { BadWordsIds = [.. argument.Value.EnumerateArray().Select(word => (IReadOnlyList<int>)[.. word.EnumerateArray().Select(e => e.GetInt32())])] }; break;
                case "sequence_bias":
                    options = options with { SequenceBias = [.. argument.Value.EnumerateArray().Select(pair => new SequenceBias([.. pair[0].EnumerateArray().Select(e => e.GetInt32())], pair[1].GetDouble()))] };
                    break;
                case "suppress_tokens": options = options with { SuppressTokens = List(key) }; break;
                case "min_length": options = options with { MinLength = Whole(key) }; break;
                case "min_new_tokens": options = options with { MinNewTokens = Whole(key) }; break;
                case "max_length": options = options with { ForcedEosTokenIds = end }; break;
                case "exponential_decay_length_penalty": options = options with { ExponentialDecayLengthPenalty = new(argument.Value[0].GetInt32(), argument.Value[1].GetDouble()) }; break;
                case "bos_token_id": options = options with { ForcedBosTokenId = Whole(key) }; break;
                case "bias": options = options with { SequenceBias = [.. argument.Value.EnumerateArray().Select((e, id) => new SequenceBias([id], e.GetDouble()))] }; break;
                case "presence": options = options with { PresencePenalty = Number(key) }; break;
                case "frequency": options = options with { FrequencyPenalty = Number(key) }; break;
                case "z": LogitsTruncation.TailFree(logits, Number(key)); return;
                case "threshold": LogitsTruncation.ExcludeTopChoices(logits, Number(key)); return;
                case "n": LogitsTruncation.TopNSigma(logits, Number(key)); return;
                case "multiplier": LogitsConstraints.DontRepeatYourself(logits, ids, Number(key), Number("base"), Whole("allowed_length"), List("breakers")); return;
                case "eos_token_id" or "prompt_length_to_skip" or "input_ids_seq_length" or "prompt_length" or "prompt_ignore_length" or "base" or "allowed_length" or "breakers": break;
                default: Assert.Fail($"no setting of ours is called {key}"); break;
            }
        }
        new Sampler(options, new TextBounds(begun, longest, end, source)).Process(logits, ids);
    }
}
