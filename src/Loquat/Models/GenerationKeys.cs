namespace Loquat.Models;

/// <summary>Keys of `generation_config.json`, which files before it held in `config.json`.</summary>
internal static class GenerationKeys
{
    /// <summary>What Loquat takes: see <c>GenerationConfig</c>.</summary>
    public static IReadOnlyList<string> Taken { get; } =
        ["do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "max_new_tokens", "max_length", "stop_strings"];

    /// <summary>What Loquat does not do, each with the value that changes nothing.</summary>
    public static IReadOnlyList<(string Key, string Neutral)> NotBuilt { get; } =
    [
        ("num_beams", "1"), ("num_beam_groups", "1"), ("num_return_sequences", "1"), ("typical_p", "1.0"), ("epsilon_cutoff", "0.0"), ("eta_cutoff", "0.0"), ("top_h", "null"),
        ("penalty_alpha", "0.0"), ("dola_layers", "null"), ("no_repeat_ngram_size", "0"), ("encoder_no_repeat_ngram_size", "0"), ("encoder_repetition_penalty", "1.0"),
        ("min_length", "0"), ("min_new_tokens", "0"), ("max_time", "null"), ("bad_words_ids", "null"), ("force_words_ids", "null"), ("constraints", "null"), ("suppress_tokens", "[]"),
        ("begin_suppress_tokens", "[]"), ("forced_bos_token_id", "null"), ("forced_eos_token_id", "null"), ("forced_decoder_ids", "null"), ("sequence_bias", "null"),
        ("exponential_decay_length_penalty", "null"), ("guidance_scale", "1.0"), ("watermarking_config", "null"), ("token_healing", "false"), ("prefix", "\"\""),
    ];

    /// <summary>What bears only on beams, which are not built, or on how the reference runs.</summary>
    public static IReadOnlyList<string> WithoutBearing { get; } =
    [
        "length_penalty", "early_stopping", "diversity_penalty", "low_memory", "renormalize_logits", "remove_invalid_values", "use_cache", "cache_implementation", "cache_config",
        "return_legacy_cache", "output_attentions", "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate", "prefill_chunk_size", "compile_config",
        "disable_compile", "is_assistant", "num_assistant_tokens", "num_assistant_tokens_schedule", "assistant_confidence_threshold", "assistant_lookbehind", "target_lookbehind",
        "assistant_early_exit", "prompt_lookup_num_tokens", "max_matching_ngram_size", "continuous_batching_config", "_from_model_config", "transformers_version", "generation_kwargs",
        "pad_token_id", "decoder_start_token_id", "chat_format", "max_window_size",
    ];

    public static IEnumerable<string> All => [.. Taken, .. NotBuilt.Select(pair => pair.Key), .. WithoutBearing];
}
