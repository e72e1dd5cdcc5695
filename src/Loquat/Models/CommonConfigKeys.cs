namespace Loquat.Models;

/// <summary>What any family's `config.json` may hold beside the architecture's own keys.</summary>
internal static class CommonConfigKeys
{
    // Who wrote the file and how it is run; numbers of tokens that belong to the tokenizer; names of classes for heads that are not built.
    private static readonly ConfigKey[] _withoutBearing =
    [
        .. ConfigKey.Lists("architectures"),
        .. ConfigKey.Texts(
            "_name_or_path", "name_or_path", "_commit_hash", "transformers_version", "unsloth_version", "_attn_implementation", "attn_implementation",
            "_attn_implementation_internal", "finetuning_task", "problem_type", "tokenizer_class", "model_name"),
        .. ConfigKey.Flags(
            "use_cache", "output_attentions", "output_hidden_states", "return_dict", "use_return_dict", "torchscript", "use_bfloat16", "gradient_checkpointing",
            "_attn_implementation_autoset", "remove_invalid_values", "tie_encoder_decoder", "unsloth_fixed"),
        .. ConfigKey.Counts(-1, "pad_token_id", "sep_token_id", "cls_token_id", "unk_token_id", "mask_token_id", "decoder_start_token_id"),   // -1: none, in older files
        .. ConfigKey.Counts(0, "chunk_size_feed_forward", "num_labels"),
        .. ConfigKey.Choices(["float32", "float16", "bfloat16", "float64", "torch.float32", "torch.float16", "torch.bfloat16", "torch.float64", "auto"], "torch_dtype", "dtype"),
        .. ConfigKey.Objects("id2label", "label2id", "task_specific_params", "auto_map"),
    ];

    /// <summary>Settings of generation that files before `generation_config.json` hold here; see <see cref="GenerationKeys"/>.</summary>
    private static readonly ConfigKey[] _generation = [.. ConfigKey.Anything(GenerationKeys.All)];

    public static void Check(ConfigReader fields)
    {
        fields.Skip(_withoutBearing);
        fields.Skip(_generation);
        // What a family builds it has read itself.
        foreach (var (key, neutral) in ((string, string)[])[("is_encoder_decoder", "false"), ("is_decoder", "false"), ("add_cross_attention", "false"), ("pruned_heads", "{}")])
            if (!fields.WasRead(key)) fields.Only(key, neutral);
        fields.RefuseRest();
    }
}
