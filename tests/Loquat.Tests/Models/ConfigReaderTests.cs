using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Models;

namespace Loquat.Tests.Models;

/// <summary>Any value under any key of a configuration is read, or refused with one error that names the key; nothing else comes out.</summary>
public sealed class ConfigReaderTests : IDisposable
{
    private static readonly string[] _hostile =
    [
        "\"\"", "\"8\"", "\"no\"", "true", "false", "-1", "0", "0.5", "-0.0", "1e999", "-1e999", "2147483648", "9223372036854775808", "1e-400", "[]", "[1]", "[null]", "[\"a\"]", "{}",
        "{\"a\":1}", "[[1]]", "\"\\ud800\"",
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => ["gpt2", "llama", "qwen3"];

    private static JsonObject Valid(string family) => JsonNode.Parse(family == "gpt2"
        ? """
          {"model_type":"gpt2","vocab_size":50,"n_embd":16,"n_layer":2,"n_head":2,"n_positions":32,"n_ctx":32,"n_inner":null,"activation_function":"gelu_new","layer_norm_epsilon":1e-5,
           "initializer_range":0.02,"embd_pdrop":0.1,"attn_pdrop":0.1,"resid_pdrop":0.1,"scale_attn_weights":true,"scale_attn_by_inverse_layer_idx":false,"reorder_and_upcast_attn":false,
           "summary_type":"cls_index","summary_use_proj":true,"summary_activation":null,"summary_first_dropout":0.1,"tie_word_embeddings":true,"bos_token_id":1,"eos_token_id":2,
           "architectures":["GPT2LMHeadModel"],"torch_dtype":"float32","use_cache":true,"pad_token_id":null,"task_specific_params":{"text-generation":{"max_length":50}}}
          """
        : $$"""
          {"model_type":"{{family}}","vocab_size":50,"hidden_size":16,"num_hidden_layers":2,"num_attention_heads":2,"num_key_value_heads":1,"head_dim":8,"intermediate_size":24,
           "hidden_act":"silu","max_position_embeddings":64,"rms_norm_eps":1e-6,"rope_theta":10000.0,"rope_parameters":{"rope_type":"default","rope_theta":10000.0},
           "initializer_range":0.02,"attention_bias":false,"mlp_bias":false,"attention_dropout":0.0,"tie_word_embeddings":false,"pretraining_tp":1,"sliding_window":null,
           "use_sliding_window":false,"max_window_layers":2,"layer_types":["full_attention","full_attention"],"bos_token_id":1,"eos_token_id":[2,3],"pad_token_id":0,
           "architectures":["LlamaForCausalLM"],"dtype":"bfloat16","use_cache":true,"transformers_version":"5.0"}
          """)!.AsObject();

    [Theory, MemberData(nameof(Families))]
    public void Every_wrong_value_of_every_key_is_one_clear_error(string family)
    {
        Read(Valid(family).ToJsonString());
        foreach (var key in Valid(family).Select(pair => pair.Key))
        {
            var refused = 0;
            foreach (var hostile in _hostile)
            {
                try
                {
                    Read(With(family, key, hostile));
                }
                catch (CheckpointException error)
                {
                    error.Message.Should().StartWith(_folder.File("config.json"));
                    if (!hostile.Contains("ud800", StringComparison.Ordinal) && !hostile.Contains("999", StringComparison.Ordinal)) error.Message.Should().Contain(key, hostile);
                    refused++;
                }
            }
            // No kind of value is allowed everywhere.
            refused.Should().BeGreaterThan(5, key);
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void Null_is_as_good_as_absent(string family)
    {
        foreach (var key in Valid(family).Select(pair => pair.Key))
        {
            var (withNull, without) = (With(family, key, "null"), Valid(family));
            without.Remove(key);
            Describe(withNull).Should().Be(Describe(without.ToJsonString()));
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void What_is_written_reads_the_same(string family)
    {
        var config = Read(Valid(family).ToJsonString());
        Read(config.ToJson().ToJsonString()).Should().BeEquivalentTo(config);
    }

    [Theory, MemberData(nameof(Families))]
    public void A_setting_that_no_one_knows_is_refused_by_name(string family)
    {
        foreach (var key in (string[])["quantization_config", "attn_logit_softcapping", "num_experts", "rotary_pct", "some_new_setting"])
            Describe(With(family, key, "3")).Should().Contain(key);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"model_type\":\"llama\",\"model_type\":\"gpt2\"}")]
    [InlineData("{\"model_type\":\"mistral\"}")]
    [InlineData("{\"model_type\":NaN}")]
    [InlineData("{\"a\\ud800\":1}")]
    public void What_is_no_configuration_is_told(string text) => Describe(text).Should().Contain("config.json");

    private string With(string family, string key, string value)
    {
        var json = Valid(family);
        json[key] = "@";
        return json.ToJsonString().Replace($"\"{key}\":\"@\"", $"\"{key}\":{value}", StringComparison.Ordinal);
    }

    private string Describe(string json)
    {
        try
        {
            return Read(json).ToJson().ToJsonString();
        }
        catch (CheckpointException error)
        {
            return error.Message;
        }
    }

    private ModelConfig Read(string json)
    {
        File.WriteAllText(_folder.File("config.json"), json);
        return ModelConfigFile.Read(_folder.File("config.json"));
    }

    public void Dispose() => _folder.Dispose();
}
