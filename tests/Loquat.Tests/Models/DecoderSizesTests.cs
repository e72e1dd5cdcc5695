using Loquat.Models;

namespace Loquat.Tests.Models;

/// <summary>Published decoders have as many parameters as published, under the published names and shapes. Nothing is allocated.</summary>
public sealed class DecoderSizesTests
{
    private const string Llama2 = """
        "model_type": "llama", "vocab_size": 32000, "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 11008, "max_position_embeddings": 4096
        """;

    private const string Llama3 = """
        "model_type": "llama", "vocab_size": 128256, "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
        "max_position_embeddings": 8192, "rope_theta": 500000.0, "rms_norm_eps": 1e-05, "bos_token_id": 128000, "eos_token_id": 128001, "rope_scaling": null, "pretraining_tp": 1
        """;

    private const string Mistral = """
        "model_type": "mistral", "vocab_size": 32000, "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "sliding_window": 4096, "rope_theta": 10000.0, "rms_norm_eps": 1e-05
        """;

    private const string Mixtral = """
        "model_type": "mixtral", "vocab_size": 32000, "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "num_local_experts": 8, "num_experts_per_tok": 2, "output_router_logits": false, "router_aux_loss_coef": 0.02, "rope_theta": 1000000.0, "sliding_window": null
        """;

    private const string Qwen2 = """
        "model_type": "qwen2", "vocab_size": 151936, "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2, "intermediate_size": 4864,
        "max_position_embeddings": 32768, "max_window_layers": 24, "sliding_window": 32768, "use_sliding_window": false, "use_mrope": false, "tie_word_embeddings": true, "rope_theta": 1000000.0
        """;

    private const string Qwen3 = """
        "model_type": "qwen3", "vocab_size": 151936, "hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3072,
        "max_position_embeddings": 40960, "max_window_layers": 28, "sliding_window": null, "use_sliding_window": false, "tie_word_embeddings": true, "rope_theta": 1000000
        """;

    private const string Phi3 = """
        "model_type": "phi3", "vocab_size": 32064, "hidden_size": 3072, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 8192,
        "max_position_embeddings": 4096, "original_max_position_embeddings": 4096, "sliding_window": 2047, "embd_pdrop": 0.0, "resid_pdrop": 0.0, "attention_bias": false, "rope_scaling": null
        """;

    private const string Olmo2 = """
        "model_type": "olmo2", "vocab_size": 100352, "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 16, "num_key_value_heads": 16, "intermediate_size": 8192,
        "max_position_embeddings": 4096, "rope_theta": 500000, "rms_norm_eps": 1e-06, "attention_bias": false
        """;

    private const string SmolLm3 = """
        "model_type": "smollm3", "vocab_size": 128256, "hidden_size": 2048, "num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 4, "intermediate_size": 11008,
        "max_position_embeddings": 65536, "max_window_layers": 28, "mlp_bias": false, "no_rope_layer_interval": 4, "rope_theta": 5000000.0, "rope_scaling": null, "sliding_window": null, "use_sliding_window": false
        """;

    private const string Gemma2 = """
        "model_type": "gemma2", "vocab_size": 256000, "hidden_size": 2304, "num_hidden_layers": 26, "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "intermediate_size": 9216,
        "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh", "cache_implementation": "hybrid", "sliding_window": 4096, "query_pre_attn_scalar": 256
        """;

    private const string Gemma3 = """
        "model_type": "gemma3_text", "vocab_size": 262144, "hidden_size": 640, "num_hidden_layers": 18, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 256, "intermediate_size": 2048,
        "max_position_embeddings": 32768, "rope_local_base_freq": 10000.0, "rope_theta": 1000000.0, "rope_scaling": null, "sliding_window": 512, "_sliding_window_pattern": 6, "use_bidirectional_attention": false,
        "attn_logit_softcapping": null, "final_logit_softcapping": null, "query_pre_attn_scalar": 256, "hidden_activation": "gelu_pytorch_tanh"
        """;

    private const string Pythia = """
        "model_type": "gpt_neox", "vocab_size": 50304, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 2048,
        "rotary_pct": 0.25, "rotary_emb_base": 10000, "hidden_act": "gelu", "use_parallel_residual": true, "tie_word_embeddings": false
        """;

    private const string Gpt2 = """
        "model_type": "gpt2", "vocab_size": 50257, "n_embd": 768, "n_layer": 12, "n_head": 12, "n_positions": 1024, "n_ctx": 1024
        """;

    [Theory]
    [InlineData(Llama2, 6_738_415_616)]
    [InlineData(Llama3, 8_030_261_248)]
    [InlineData(Mistral, 7_241_732_096)]
    [InlineData(Mixtral, 46_702_792_704)]
    [InlineData(Qwen2, 494_032_768)]
    [InlineData(Qwen3, 596_049_920)]
    [InlineData(Phi3, 3_821_079_552)]
    [InlineData(Olmo2, 1_484_916_736)]
    [InlineData(SmolLm3, 3_075_098_624)]
    [InlineData(Gemma2, 2_614_341_888)]
    [InlineData(Gemma3, 268_098_176)]
    [InlineData(Pythia, 162_322_944)]
    [InlineData(Gpt2, 124_439_808)]
    public void Counts_are_the_published_ones(string keys, long count) => Read(keys).ParameterCount().Should().Be(count);

    [Theory]
    [InlineData(Llama3, "model.layers.31.self_attn.k_proj.weight", "1024 4096")]
    [InlineData(Mixtral, "model.layers.31.block_sparse_moe.gate.weight", "8 4096")]
    [InlineData(Mixtral, "model.layers.0.block_sparse_moe.experts.7.w2.weight", "4096 14336")]
    [InlineData(Qwen2, "model.layers.23.self_attn.q_proj.bias", "896")]
    [InlineData(Qwen3, "model.layers.0.self_attn.q_norm.weight", "128")]
    [InlineData(Phi3, "model.layers.0.self_attn.qkv_proj.weight", "9216 3072")]
    [InlineData(Phi3, "model.layers.0.mlp.gate_up_proj.weight", "16384 3072")]
    [InlineData(Olmo2, "model.layers.0.self_attn.q_norm.weight", "2048")]
    [InlineData(Olmo2, "model.layers.15.post_feedforward_layernorm.weight", "2048")]
    [InlineData(Gemma3, "model.layers.17.pre_feedforward_layernorm.weight", "640")]
    [InlineData(Gemma3, "model.layers.0.self_attn.o_proj.weight", "640 1024")]
    [InlineData(Pythia, "gpt_neox.layers.11.attention.query_key_value.bias", "2304")]
    [InlineData(Pythia, "embed_out.weight", "50304 768")]
    [InlineData(Gpt2, "transformer.h.11.attn.c_attn.weight", "768 2304")]
    public void Names_and_shapes_are_the_published_ones(string keys, string name, string shape) =>
        string.Join(' ', Read(keys).Parameters().Single(spec => spec.Name == name).Shape).Should().Be(shape);

    [Theory]
    [InlineData(Olmo2, "input_layernorm")]
    [InlineData(Qwen2, "o_proj.bias")]
    [InlineData(Qwen3, "lm_head")]
    [InlineData(Mixtral, "mlp.")]
    public void Parts_that_a_family_lacks_have_no_parameters(string keys, string part) =>
        Read(keys).Parameters().Should().NotContain(spec => spec.Name.Contains(part, StringComparison.Ordinal));

    private static ModelConfig Read(string keys) => ConfigText.Read($"{{{keys}}}");
}
