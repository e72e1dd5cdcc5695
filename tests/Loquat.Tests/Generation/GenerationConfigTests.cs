using System.Text.Json.Nodes;
using Loquat.Generation;

namespace Loquat.Tests.Generation;

/// <summary>`generation_config.json`: what it says is taken, what is wrong is named, what is written reads the same.</summary>
public sealed class GenerationConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Every_setting_of_beams_and_constraints_is_taken()
    {
        var options = Read("""
            {"num_beams":6,"length_penalty":0.6,"early_stopping":"never","num_return_sequences":2,"no_repeat_ngram_size":3,"encoder_no_repeat_ngram_size":4,"encoder_repetition_penalty":1.1,
             "min_length":12,"min_new_tokens":5,"bad_words_ids":[[58100],[1,2]],"suppress_tokens":[7],"begin_suppress_tokens":[8,9],"forced_bos_token_id":0,"forced_eos_token_id":2,
             "sequence_bias":[[[3,4],-1.5]],"exponential_decay_length_penalty":[5,1.1],"max_length":142,"pad_token_id":1,"decoder_start_token_id":2}
            """);
        options.Should().BeEquivalentTo(new SamplingOptions
        {
            Temperature = 0,
            NumBeams = 6,
            LengthPenalty = 0.6,
            EarlyStopping = EarlyStopping.Never,
            NumReturnSequences = 2,
            NoRepeatNgramSize = 3,
            EncoderNoRepeatNgramSize = 4,
            EncoderRepetitionPenalty = 1.1,
            MinLength = 12,
            MinNewTokens = 5,
            BadWordsIds = [[58100], [1, 2]],
            SuppressTokens = [7],
            BeginSuppressTokens = [8, 9],
            ForcedBosTokenId = 0,
            ForcedEosTokenIds = [2],
            SequenceBias = [new([3, 4], -1.5)],
            ExponentialDecayLengthPenalty = new(5, 1.1),
            MaxNewTokens = 142,
            MaxLength = 142,
        });
        File.WriteAllText(_folder.File("generation_config.json"), GenerationConfig.ToJson(options).ToJsonString());
        GenerationConfig.Read(_folder.Path, new()).Options.Should().BeEquivalentTo(options with { MaxLength = null });
    }

    [Theory]
    [InlineData("""{"num_beams":4}""", 0)]
    [InlineData("""{"num_beams":4,"do_sample":true}""", 1)]
    [InlineData("""{"do_sample":true,"typical_p":0.3}""", 1)]
    [InlineData("""{}""", 0.8)]
    [InlineData("""{"num_beams":1}""", 0.8)]
    public void Beams_are_not_drawn_unless_the_file_says_so(string json, double temperature) => Read(json, new() { Temperature = 0.8 }).Temperature.Should().Be(temperature);

    [Fact]
    public void Who_reads_one_text_and_writes_another_takes_the_likeliest()
    {
        File.WriteAllText(_folder.File("config.json"), """{"model_type":"t5","is_encoder_decoder":true}""");
        Read("{}", new() { Temperature = 0.8 }).Temperature.Should().Be(0);
    }

    [Theory]
    [InlineData("num_beams", "0")]
    [InlineData("num_beams", "1.5")]
    [InlineData("early_stopping", "\"always\"")]
    [InlineData("early_stopping", "1")]
    [InlineData("length_penalty", "\"long\"")]
    [InlineData("bad_words_ids", "[1]")]
    [InlineData("bad_words_ids", "[[]]")]
    [InlineData("bad_words_ids", "[[-1]]")]
    [InlineData("sequence_bias", "[[1,2]]")]
    [InlineData("sequence_bias", "{}")]
    [InlineData("exponential_decay_length_penalty", "[1]")]
    [InlineData("exponential_decay_length_penalty", "[-1,1.5]")]
    [InlineData("forced_bos_token_id", "\"<s>\"")]
    [InlineData("typical_p", "0")]
    [InlineData("top_h", "0")]
    [InlineData("num_beam_groups", "2")]
    [InlineData("penalty_alpha", "0.6")]
    [InlineData("guidance_scale", "1.5")]
    public void What_is_wrong_or_not_done_is_named(string key, string value)
    {
        var act = () => Read($$"""{"{{key}}":{{value}}}""");
        act.Should().Throw<CheckpointException>().WithMessage($"*generation_config.json*{key}*");
    }

    private SamplingOptions Read(string json, SamplingOptions? fallback = null)
    {
        File.WriteAllText(_folder.File("generation_config.json"), json);
        if (!File.Exists(_folder.File("config.json"))) File.WriteAllText(_folder.File("config.json"), new JsonObject { ["model_type"] = "gpt2" }.ToJsonString());
        return GenerationConfig.Read(_folder.Path, fallback ?? new()).Options;
    }

    public void Dispose() => _folder.Dispose();
}
