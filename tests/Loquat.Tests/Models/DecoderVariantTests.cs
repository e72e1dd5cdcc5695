using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>
/// Every decoder family in settings that no fixture has: one token after another gives what all at once give, also far beyond a window; what is written reads the same;
/// every parameter learns; the written-out pass equals autograd.
/// </summary>
public sealed class DecoderVariantTests
{
    private const string Sizes = """
        "vocab_size": 61, "hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 40, "max_position_embeddings": 64, "initializer_range": 0.2, "head_dim": 16
        """;

    public static TheoryData<string> Configs =>
    [
        Llama("llama", """ "num_key_value_heads": 2, "sliding_window": 5 """),
        Llama("llama", """ "partial_rotary_factor": 0.5, "attention_bias": true, "mlp_bias": true """),
        Llama("llama", """ "sliding_window": 7, "layer_types": ["full_attention", "sliding_attention", "full_attention", "sliding_attention"] """),
        Llama("mistral", """ "num_key_value_heads": 1, "sliding_window": 3 """),
        Llama("mistral", """ "num_key_value_heads": 2, "sliding_window": null, "tie_word_embeddings": true """),
        Llama("qwen2", """ "num_key_value_heads": 2, "use_sliding_window": true, "sliding_window": 4, "max_window_layers": 2 """),
        Llama("qwen2", """ "use_sliding_window": false, "sliding_window": 4 """),
        Llama("qwen3", """ "num_key_value_heads": 2, "use_sliding_window": true, "sliding_window": 6, "max_window_layers": 1, "attention_bias": true """),
        Llama("qwen3", """ "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0, "partial_rotary_factor": 0.25} """),
        Llama("phi3", """ "num_key_value_heads": 2, "sliding_window": 9 """),
        Llama("phi3", """ "partial_rotary_factor": 0.75, "tie_word_embeddings": true """),
        Llama("olmo2", """ "num_key_value_heads": 2 """),
        Llama("olmo2", """ "attention_bias": true, "tie_word_embeddings": true """),
        Llama("smollm3", """ "num_key_value_heads": 2, "use_sliding_window": true, "sliding_window": 5 """),
        Llama("smollm3", """ "no_rope_layers": [1, 0, 1, 0], "attention_bias": true, "mlp_bias": true """),
        Llama("gemma2", """ "num_key_value_heads": 2, "sliding_window": 4, "query_pre_attn_scalar": 24, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 3.0 """),
        Llama("gemma2", """ "attn_logit_softcapping": null, "final_logit_softcapping": null, "tie_word_embeddings": false, "attention_bias": true """),
        Llama("gemma3_text", """ "num_key_value_heads": 1, "sliding_window": 4, "_sliding_window_pattern": 2, "rope_local_base_freq": 100.0, "rope_scaling": {"rope_type": "linear", "factor": 8.0} """),
        Llama("gemma3_text", """ "sliding_window": 6, "attn_logit_softcapping": 4.0, "rope_parameters": {"full_attention": {"rope_theta": 900.0}, "sliding_attention": {"rope_theta": 90.0, "rope_type": "linear", "factor": 2}} """),
        Llama("mixtral", """ "num_key_value_heads": 2, "num_local_experts": 3, "num_experts_per_tok": 1, "sliding_window": 4 """),
        Llama("mixtral", """ "num_local_experts": 5, "num_experts_per_tok": 3, "output_router_logits": true, "router_aux_loss_coef": 0.5 """),
        Llama("gpt_neox", """ "use_parallel_residual": false, "rotary_pct": 1.0, "attention_bias": false """),
        Llama("gpt_neox", """ "rotary_pct": 0.5, "rotary_emb_base": 500, "tie_word_embeddings": true """),
    ];

    private static string Llama(string type, string keys) => $"{{\"model_type\": \"{type}\", {(type == "gpt_neox" ? Sizes.Replace(", \"head_dim\": 16", "", StringComparison.Ordinal) : Sizes)}, {keys}}}";

    [Theory, MemberData(nameof(Configs))]
    public void One_token_after_another_gives_what_all_at_once_give(string json)
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var model = Read(json).Build<CausalModel>(Placement.Cpu, seed: 5);
        var ids = Ids(2, 40);
        var whole = model.Logits(ids, new ForwardContext());
        foreach (var first in (int[])[1, 3, 17])
        {
            using var cache = model.NewCache(2, 40);
            Gradients.Close(model.Logits(ids.narrow(1, 0, first), new ForwardContext { Cache = cache }), whole.narrow(1, 0, first), 1e-4, "the prompt");
            for (var t = first; t < 40; t += t % 5 == 0 ? 2 : 1)
            {
                var count = Math.Min(t % 5 == 0 ? 2 : 1, 40 - t);
                Gradients.Close(model.Logits(ids.narrow(1, t, count), new ForwardContext { Cache = cache }), whole.narrow(1, t, count), 1e-4, $"token {t}");
            }
        }
    }

    [Theory, MemberData(nameof(Configs))]
    public void Padding_before_a_text_changes_nothing(string json)
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var model = Read(json).Build<CausalModel>(Placement.Cpu, seed: 5);
        var ids = Ids(1, 20);
        var padded = cat([zeros(1, 6, dtype: ScalarType.Int64), ids], 1);
        var mask = cat([zeros(1, 6, dtype: ScalarType.Int64), ones(1, 20, dtype: ScalarType.Int64)], 1);
        var logits = model.Logits(padded, new ForwardContext { AttentionMask = mask, Positions = (mask.cumsum(1) - 1).clamp(min: 0) });
        Gradients.Close(logits.narrow(1, 6, 20), model.Logits(ids, new ForwardContext()), 1e-4, "logits");
    }

    [Theory, MemberData(nameof(Configs))]
    public void What_is_written_reads_the_same(string json)
    {
        var config = Read(json);
        var written = Read(config.ToJson().ToJsonString());
        written.ToJson().ToJsonString().Should().Be(config.ToJson().ToJsonString());
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var model = config.Build<CausalModel>(Placement.Cpu, seed: 5);
        using var again = written.Build<CausalModel>(Placement.Cpu, seed: 5);
        again.Logits(Ids(2, 30), new ForwardContext()).Equals(model.Logits(Ids(2, 30), new ForwardContext())).Should().BeTrue();
    }

    [Theory, MemberData(nameof(Configs))]
    public void Either_way_of_training_gives_the_same_gradients_and_every_parameter_has_one(string json)
    {
        using var scope = NewDisposeScope();
        using var model = Read(json).Build<CausalModel>(Placement.Cpu, seed: 5);
        foreach (var tokens in (int[])[3, 33])
        {
            var ids = Ids(2, tokens);
            var positions = arange(tokens, dtype: ScalarType.Int64).expand(2, tokens).contiguous();
            model.ZeroGradients();
            var expected = model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true, Positions = positions });
            var gradients = model.Parameters.Select(p => p.Value.grad!.clone()).ToList();
            model.ZeroGradients();
            model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true }).Should().BeApproximately(expected, 1e-3);
            model.Loss(ids, ids, new ForwardContext()).Should().BeApproximately(expected, 1e-3);
            for (var i = 0; i < gradients.Count; i++)
            {
                Gradients.Close(model.Parameters[i].Value.grad!, gradients[i], 2e-4, model.Parameters[i].Name);
                // A bias of keys moves all scores of a query alike; an expert may have had no token.
                if (tokens > 3 && !model.Parameters[i].Name.Contains("k_proj.bias", StringComparison.Ordinal)) gradients[i].abs().max().item<float>().Should().BeGreaterThan(0, model.Parameters[i].Name);
            }
        }
    }

    [Fact]
    public void Fused_projections_are_those_of_Llama_one_above_the_other()
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        const string Keys = """ "num_key_value_heads": 2, "rms_norm_eps": 1e-5 """;
        using var plain = Read(Llama("llama", Keys)).Build<CausalModel>(Placement.Cpu, seed: 5);
        using var fused = Read(Llama("phi3", Keys)).Build<CausalModel>(Placement.Cpu, seed: 6);
        foreach (var parameter in fused.Parameters)
        {
            string[] parts = parameter.Name.Contains("qkv_proj", StringComparison.Ordinal) ? [.. "qkv".Select(c => parameter.Name.Replace("qkv", c.ToString(), StringComparison.Ordinal))]
                : parameter.Name.Contains("gate_up", StringComparison.Ordinal) ? [parameter.Name.Replace("gate_up", "gate", StringComparison.Ordinal), parameter.Name.Replace("gate_up", "up", StringComparison.Ordinal)]
                : [parameter.Name];
            parameter.Load(cat([.. parts.Select(part => plain[part].Value)], 0));
        }
        Gradients.Close(fused.Logits(Ids(2, 30), new ForwardContext()), plain.Logits(Ids(2, 30), new ForwardContext()), 1e-5, "logits");
    }

    [Fact]
    public void Layers_without_positions_are_the_difference_between_SmolLM3_and_Llama()
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var llama = Read(Llama("llama", """ "rope_theta": 2000000.0, "tie_word_embeddings": true """)).Build<CausalModel>(Placement.Cpu, seed: 5);
        using var same = Read(Llama("smollm3", """ "no_rope_layers": [1, 1, 1, 1] """)).Build<CausalModel>(Placement.Cpu, seed: 5);
        using var other = Read(Llama("smollm3", """ "no_rope_layer_interval": 4 """)).Build<CausalModel>(Placement.Cpu, seed: 5);
        var expected = llama.Logits(Ids(2, 30), new ForwardContext());
        Gradients.Close(same.Logits(Ids(2, 30), new ForwardContext()), expected, 1e-6, "logits");
        (other.Logits(Ids(2, 30), new ForwardContext()) - expected).abs().max().item<float>().Should().BeGreaterThan(1e-3f);
    }

    [Theory]
    [InlineData("mistral", """ "sliding_window": 0 """, "sliding_window")]
    [InlineData("qwen2", """ "attention_bias": false """, "attention_bias")]
    [InlineData("qwen2", """ "layer_types": ["full_attention", "full_attention", "full_attention", "sliding_attention"] """, "layer_types")]
    [InlineData("qwen2", """ "use_mrope": true """, "use_mrope")]
    [InlineData("gemma2", """ "layer_types": ["full_attention", "chunked_attention", "full_attention", "full_attention"] """, "layer_types")]
    [InlineData("gemma2", """ "query_pre_attn_scalar": 0 """, "query_pre_attn_scalar")]
    [InlineData("gemma2", """ "attn_logit_softcapping": -1 """, "attn_logit_softcapping")]
    [InlineData("gemma3_text", """ "use_bidirectional_attention": true """, "use_bidirectional_attention")]
    [InlineData("phi3", """ "embd_pdrop": 0.1 """, "embd_pdrop")]
    [InlineData("smollm3", """ "no_rope_layers": [1, 2, 1, 1] """, "no_rope_layers")]
    [InlineData("smollm3", """ "no_rope_layers": [1] """, "no_rope_layers")]
    [InlineData("mixtral", """ "num_experts_per_tok": 9 """, "num_experts_per_tok")]
    [InlineData("mixtral", """ "router_aux_loss_coef": -1 """, "router_aux_loss_coef")]
    [InlineData("llama", """ "attn_logit_softcapping": 3 """, "attn_logit_softcapping")]
    [InlineData("llama", """ "partial_rotary_factor": 0.05 """, "partial_rotary_factor")]
    [InlineData("gpt_neox", """ "rotary_pct": 2 """, "rotary_pct")]
    [InlineData("gpt_neox", """ "num_attention_heads": 3 """, "num_attention_heads")]
    public void What_cannot_be_built_is_refused_by_name(string type, string keys, string named)
    {
        var json = Llama(type, keys);
        if (named == "num_attention_heads") json = json.Replace("\"num_attention_heads\": 4, ", "", StringComparison.Ordinal);
        var act = () => Read(json);
        act.Should().Throw<LoquatException>().WithMessage($"*{named}*");
    }

    private static ModelConfig Read(string json) => ConfigText.Read(json);

    private static Tensor Ids(int batch, int tokens)
    {
        using var generator = new Generator(7);
        return randint(61, [batch, tokens], ScalarType.Int64, generator: generator);
    }
}
