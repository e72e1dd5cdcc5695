namespace Loquat.Models;

/// <summary>Keys of `generation_config.json`, which files before it held in `config.json`.</summary>
internal static class GenerationKeys
{
    /// <summary>What Loquat takes: see <c>GenerationConfig</c>.</summary>
    public static IReadOnlyList<string> Taken { get; } =
    [
        "do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "max_new_tokens", "max_length", "stop_strings", "num_beams", "length_penalty", "early_stopping",
        "num_return_sequences", "typical_p", "epsilon_cutoff", "eta_cutoff", "top_h", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "encoder_repetition_penalty", "min_length",
        "min_new_tokens", "bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "forced_bos_token_id", "forced_eos_token_id", "sequence_bias", "exponential_decay_length_penalty",
    ];

    /// <summary>What Loquat does not do, each with the value that changes nothing.</summary>
    public static IReadOnlyList<(string Key, string Neutral)> NotBuilt { get; } =
    [
        ("num_beam_groups", "1"), ("diversity_penalty", "0.0"), ("penalty_alpha", "0.0"), ("dola_layers", "null"), ("max_time", "null"), ("force_words_ids", "null"), ("constraints", "null"),
        ("forced_decoder_ids", "null"), ("guidance_scale", "1.0"), ("watermarking_config", "null"), ("token_healing", "false"), ("prefix", "\"\""), ("low_memory", "false"),
    ];

    /// <summary>What bears only on how the reference runs, or is read with the model.</summary>
    public static IReadOnlyList<string> WithoutBearing { get; } =
    [
        "renormalize_logits", "remove_invalid_values", "use_cache", "cache_implementation", "cache_config",
        "return_legacy_cache", "output_attentions", "output_hidden_states", "output_scores", "output_logits", "return_dict_in_generate", "prefill_chunk_size", "compile_config",
        "disable_compile", "is_assistant", "num_assistant_tokens", "num_assistant_tokens_schedule", "assistant_confidence_threshold", "assistant_lookbehind", "target_lookbehind",
        "assistant_early_exit", "prompt_lookup_num_tokens", "max_matching_ngram_size", "continuous_batching_config", "_from_model_config", "transformers_version", "generation_kwargs",
        "pad_token_id", "decoder_start_token_id", "chat_format", "max_window_size",
    ];

    public static IEnumerable<string> All => [.. Taken, .. NotBuilt.Select(pair => pair.Key), .. WithoutBearing];
}
