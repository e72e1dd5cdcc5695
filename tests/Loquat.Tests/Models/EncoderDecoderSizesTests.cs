using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Models;

namespace Loquat.Tests.Models;

/// <summary>Published encoder-decoders, from their `config.json` as their authors wrote them: names, shapes and counts, without allocating one.</summary>
public sealed class EncoderDecoderSizesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private const string T5Small = """
        {"architectures":["T5ForConditionalGeneration"],"d_ff":2048,"d_kv":64,"d_model":512,"decoder_start_token_id":0,"dropout_rate":0.1,"eos_token_id":1,"initializer_factor":1.0,
         "is_encoder_decoder":true,"layer_norm_epsilon":1e-06,"model_type":"t5","n_positions":512,"num_heads":8,"num_layers":6,"output_past":true,"pad_token_id":0,
         "relative_attention_num_buckets":32,"task_specific_params":{"translation_en_to_de":{"early_stopping":true,"max_length":300,"num_beams":4,"prefix":"translate English to German: "}},
         "vocab_size":32128}
        """;

    private const string FlanBase = """
        {"architectures":["T5ForConditionalGeneration"],"d_ff":2048,"d_kv":64,"d_model":768,"decoder_start_token_id":0,"dropout_rate":0.1,"eos_token_id":1,"feed_forward_proj":"gated-gelu",
         "initializer_factor":1.0,"is_encoder_decoder":true,"layer_norm_epsilon":1e-06,"model_type":"t5","n_positions":512,"num_decoder_layers":12,"num_heads":12,"num_layers":12,
         "output_past":true,"pad_token_id":0,"relative_attention_max_distance":128,"relative_attention_num_buckets":32,"tie_word_embeddings":false,"transformers_version":"4.23.1",
         "use_cache":true,"vocab_size":32128}
        """;

    private const string BartBase = """
        {"activation_dropout":0.1,"activation_function":"gelu","add_bias_logits":false,"add_final_layer_norm":false,"architectures":["BartModel"],"attention_dropout":0.1,"bos_token_id":0,
         "classif_dropout":0.1,"classifier_dropout":0.0,"d_model":768,"decoder_attention_heads":12,"decoder_ffn_dim":3072,"decoder_layerdrop":0.0,"decoder_layers":6,"decoder_start_token_id":2,
         "dropout":0.1,"early_stopping":true,"encoder_attention_heads":12,"encoder_ffn_dim":3072,"encoder_layerdrop":0.0,"encoder_layers":6,"eos_token_id":2,"forced_eos_token_id":2,
         "forced_bos_token_id":0,"gradient_checkpointing":false,"id2label":{"0":"LABEL_0"},"init_std":0.02,"is_encoder_decoder":true,"label2id":{"LABEL_0":0},"max_position_embeddings":1024,
         "model_type":"bart","no_repeat_ngram_size":3,"normalize_before":false,"normalize_embedding":true,"num_beams":4,"num_hidden_layers":6,"pad_token_id":1,"scale_embedding":false,
         "torch_dtype":"float32","use_cache":true,"vocab_size":50265}
        """;

    private const string MarianEnDe = """
        {"activation_dropout":0.0,"activation_function":"swish","add_bias_logits":false,"add_final_layer_norm":false,"architectures":["MarianMTModel"],"attention_dropout":0.0,
         "bad_words_ids":[[58100]],"bos_token_id":0,"classif_dropout":0.0,"classifier_dropout":0.0,"d_model":512,"decoder_attention_heads":8,"decoder_ffn_dim":2048,"decoder_layerdrop":0.0,
         "decoder_layers":6,"decoder_start_token_id":58100,"decoder_vocab_size":58101,"dropout":0.1,"encoder_attention_heads":8,"encoder_ffn_dim":2048,"encoder_layerdrop":0.0,
         "encoder_layers":6,"eos_token_id":0,"forced_eos_token_id":0,"init_std":0.02,"is_encoder_decoder":true,"max_length":512,"max_position_embeddings":512,"model_type":"marian",
         "normalize_before":false,"normalize_embedding":false,"num_beams":6,"num_hidden_layers":6,"pad_token_id":58100,"scale_embedding":true,"share_encoder_decoder_embeddings":true,
         "static_position_embeddings":true,"use_cache":true,"vocab_size":58101}
        """;

    /// <summary>The published count; of Marian without its two tables of 512 sines and cosines, which its authors count among 74,410,496.</summary>
    public static TheoryData<string, long> Published => new()
    {
        { T5Small, 60_506_624 },
        { FlanBase, 247_577_856 },
        { BartBase, 139_420_416 },
        { MarianEnDe, 74_410_496 - 2 * 512 * 512 },
    };

    [Theory, MemberData(nameof(Published))]
    public void Counts_are_the_published_ones(string json, long parameters)
    {
        var config = Read(json);
        config.ParameterCount().Should().Be(parameters);
        config.Parameters().Select(spec => spec.Name).Should().OnlyHaveUniqueItems();
    }

    [Theory, MemberData(nameof(Published))]
    public void What_is_written_reads_the_same(string json, long parameters)
    {
        var config = Read(json);
        Read(config.ToJson().ToJsonString()).Should().BeEquivalentTo(config, options => options.PreferringRuntimeMemberTypes());
        Read(config.ToJson().ToJsonString()).ParameterCount().Should().Be(parameters);
    }

    [Fact]
    public void Names_and_shapes_are_the_published_ones()
    {
        Shape(T5Small, "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight").Should().Equal(32, 8);
        Shape(T5Small, "decoder.block.5.layer.2.DenseReluDense.wo.weight").Should().Equal(512, 2048);
        Shape(FlanBase, "encoder.block.11.layer.1.DenseReluDense.wi_1.weight").Should().Equal(2048, 768);
        Shape(FlanBase, "lm_head.weight").Should().Equal(32128, 768);
        Shape(BartBase, "model.encoder.embed_positions.weight").Should().Equal(1026, 768);
        Shape(BartBase, "model.decoder.layers.5.encoder_attn.out_proj.bias").Should().Equal(768);
        Read(BartBase).Buffers().Single().Shape.Should().Equal(1, 50265);
        Shape(MarianEnDe, "model.shared.weight").Should().Equal(58101, 512);
        Read(MarianEnDe).Parameters().Should().NotContain(spec => spec.Name.Contains("embed_positions", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Published))]
    public void A_setting_that_no_one_knows_or_is_not_built_is_refused_by_name(string json, long parameters)
    {
        Read(json).ParameterCount().Should().Be(parameters);
        foreach (var (key, value) in ((string, string)[])[("quantization_config", "{}"), ("some_new_setting", "3"), ("is_encoder_decoder", "false"), ("d_model", "0"), ("d_model", "\"512\""), ("vocab_size", "-1")])
        {
            var changed = JsonNode.Parse(json)!.AsObject();
            changed[key] = JsonNode.Parse(value);
            var act = () => Read(changed.ToJsonString());
            act.Should().Throw<CheckpointException>().WithMessage($"*config.json*{key}*");
        }
    }

    private long[] Shape(string json, string name) => Read(json).Parameters().Single(spec => spec.Name == name).Shape;

    private ModelConfig Read(string json)
    {
        File.WriteAllText(_folder.File("config.json"), json);
        return ModelConfigFile.Read(_folder.File("config.json"));
    }

    public void Dispose() => _folder.Dispose();
}
