using Loquat.Checkpoints;
using Loquat.Models;

namespace Loquat.Tests.Models;

/// <summary>Published configurations have as many parameters as published, under the published names and shapes. Nothing is allocated.</summary>
public sealed class EncoderSizesTests
{
    private const string BertBase = """
        "model_type": "bert", "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "hidden_act": "gelu",
        "max_position_embeddings": 512, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0, "position_embedding_type": "absolute", "gradient_checkpointing": false
        """;

    private const string BertLarge = """
        "model_type": "bert", "vocab_size": 30522, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096
        """;

    private const string RobertaBase = """
        "model_type": "roberta", "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 514,
        "type_vocab_size": 1, "layer_norm_eps": 1e-05, "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2
        """;

    private const string RobertaLarge = """
        "model_type": "roberta", "vocab_size": 50265, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "max_position_embeddings": 514, "type_vocab_size": 1
        """;

    private const string XlmRobertaBase = """
        "model_type": "xlm-roberta", "vocab_size": 250002, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 514,
        "type_vocab_size": 1, "output_past": true
        """;

    private const string DistilBert = """
        "model_type": "distilbert", "vocab_size": 30522, "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "tie_weights_": true, "sinusoidal_pos_embds": false
        """;

    private const string ElectraSmall = """
        "model_type": "electra", "vocab_size": 30522, "embedding_size": 128, "hidden_size": 256, "num_hidden_layers": 12, "num_attention_heads": 4, "intermediate_size": 1024, "summary_type": "first"
        """;

    private const string ElectraBase = """
        "model_type": "electra", "vocab_size": 30522, "embedding_size": 768, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072
        """;

    private const string ModernBertBase = """
        "model_type": "modernbert", "vocab_size": 50368, "hidden_size": 768, "num_hidden_layers": 22, "num_attention_heads": 12, "intermediate_size": 1152, "global_rope_theta": 160000.0,
        "local_rope_theta": 10000.0, "local_attention": 128, "global_attn_every_n_layers": 3, "pad_token_id": 50283, "position_embedding_type": "absolute", "layer_norm_eps": 1e-05
        """;

    private const string ModernBertLarge = """
        "model_type": "modernbert", "vocab_size": 50368, "hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16, "intermediate_size": 2624
        """;

    private const string MiniLm = """
        "model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536
        """;

    [Theory]
    [InlineData(BertBase, "BertModel", 109_482_240)]
    [InlineData(BertBase, "BertForMaskedLM", 109_514_298)]
    [InlineData(BertBase, "BertForPreTraining", 110_106_428)]
    [InlineData(BertBase, "BertForSequenceClassification", 109_483_778)]
    [InlineData(BertLarge, "BertModel", 335_141_888)]
    [InlineData(RobertaBase, "RobertaModel", 124_645_632)]
    [InlineData(RobertaBase, "RobertaForMaskedLM", 124_697_433)]
    [InlineData(RobertaLarge, "RobertaModel", 355_359_744)]
    [InlineData(RobertaLarge, "RobertaForMaskedLM", 355_412_057)]
    [InlineData(XlmRobertaBase, "XLMRobertaModel", 278_043_648)]
    [InlineData(XlmRobertaBase, "XLMRobertaForMaskedLM", 278_295_186)]
    [InlineData(DistilBert, "DistilBertModel", 66_362_880)]
    [InlineData(DistilBert, "DistilBertForMaskedLM", 66_985_530)]
    [InlineData(ElectraSmall, "ElectraModel", 13_483_008)]
    [InlineData(ElectraSmall, "ElectraForSequenceClassification", 13_549_314)]
    [InlineData(ElectraBase, "ElectraModel", 108_891_648)]
    [InlineData(ModernBertBase, "ModernBertModel", 149_014_272)]
    [InlineData(ModernBertBase, "ModernBertForMaskedLM", 149_655_232)]
    [InlineData(ModernBertLarge, "ModernBertModel", 394_781_696)]
    [InlineData(MiniLm, "BertModel", 22_713_216)]
    public void A_published_size_has_as_many_parameters_as_published(string keys, string architecture, long expected) => Read(keys, architecture).ParameterCount().Should().Be(expected);

    [Theory]
    [InlineData(BertBase, "BertForPreTraining", "bert.embeddings.word_embeddings.weight", "30522 768")]
    [InlineData(BertBase, "BertForPreTraining", "bert.encoder.layer.11.attention.output.LayerNorm.weight", "768")]
    [InlineData(BertBase, "BertForPreTraining", "bert.encoder.layer.11.intermediate.dense.weight", "3072 768")]
    [InlineData(BertBase, "BertForPreTraining", "cls.predictions.transform.dense.weight", "768 768")]
    [InlineData(BertBase, "BertForPreTraining", "cls.predictions.bias", "30522")]
    [InlineData(BertBase, "BertForPreTraining", "cls.seq_relationship.weight", "2 768")]
    [InlineData(BertBase, "BertForPreTraining", "bert.pooler.dense.weight", "768 768")]
    [InlineData(RobertaLarge, "RobertaForMaskedLM", "roberta.embeddings.position_embeddings.weight", "514 1024")]
    [InlineData(RobertaLarge, "RobertaForMaskedLM", "roberta.embeddings.token_type_embeddings.weight", "1 1024")]
    [InlineData(RobertaLarge, "RobertaForMaskedLM", "roberta.encoder.layer.23.output.dense.weight", "1024 4096")]
    [InlineData(RobertaLarge, "RobertaForMaskedLM", "lm_head.layer_norm.bias", "1024")]
    [InlineData(RobertaLarge, "RobertaForSequenceClassification", "classifier.out_proj.weight", "2 1024")]
    [InlineData(DistilBert, "DistilBertForQuestionAnswering", "distilbert.transformer.layer.5.attention.q_lin.weight", "768 768")]
    [InlineData(DistilBert, "DistilBertForQuestionAnswering", "distilbert.transformer.layer.5.ffn.lin1.weight", "3072 768")]
    [InlineData(DistilBert, "DistilBertForSequenceClassification", "pre_classifier.weight", "768 768")]
    [InlineData(ElectraSmall, "ElectraForMaskedLM", "electra.embeddings_project.weight", "256 128")]
    [InlineData(ElectraSmall, "ElectraForMaskedLM", "generator_predictions.dense.weight", "128 256")]
    [InlineData(ElectraSmall, "ElectraForMaskedLM", "generator_lm_head.bias", "30522")]
    [InlineData(ElectraSmall, "ElectraForPreTraining", "discriminator_predictions.dense_prediction.weight", "1 256")]
    [InlineData(ModernBertBase, "ModernBertForMaskedLM", "model.layers.21.attn.Wqkv.weight", "2304 768")]
    [InlineData(ModernBertBase, "ModernBertForMaskedLM", "model.layers.21.mlp.Wi.weight", "2304 768")]
    [InlineData(ModernBertBase, "ModernBertForMaskedLM", "decoder.bias", "50368")]
    public void A_published_parameter_has_its_shape(string keys, string architecture, string name, string shape) =>
        string.Join(' ', Read(keys, architecture).Parameters().Single(spec => spec.Name == name).Shape).Should().Be(shape);

    private static ModelConfig Read(string keys, string architecture)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), $"{{ \"architectures\": [\"{architecture}\"], {keys} }}");
        return ModelConfigFile.Read(folder.File("config.json"));
    }
}
