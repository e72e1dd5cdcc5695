using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Layers;
using Loquat.Models;

namespace Loquat.Adapters;

/// <summary>Of adapters that put learned tokens before every text of a causal model with attention.</summary>
public abstract record TokenAdapterOptions : AdapterOptions
{
    /// <summary>The name of the table in files of peft.</summary>
    internal const string TableName = "prompt_embeddings";

    [Description("Learned tokens before every text.")]
    [Range(1, 100_000)]
    public int NumVirtualTokens { get; init; } = 20;

    internal override string? Fault(ModelConfig model)
    {
        if (model.Kind != ModelKind.Causal || model.CachedKeys is null) return $"adapter.type {Type} puts learned tokens before the texts of causal models with attention; a {model.ModelType} is none. Choose lora.";
        return NumVirtualTokens >= model.ContextLength ? $"adapter.num_virtual_tokens is {NumVirtualTokens}; the model has {model.ContextLength} positions, which leaves none to texts. Lower it." : null;
    }
}

/// <summary>Prefix tuning (Li and Liang 2021): learned keys and values before every text, in each layer.</summary>
public sealed record PrefixTuningOptions : TokenAdapterOptions
{
    public override string Type => "prefix_tuning";

    public override string PeftType => "PREFIX_TUNING";

    internal override ParameterSpec? Table(ModelConfig model)
    {
        var (heads, size) = model.CachedKeys ?? throw new OptionsException(Fault(model)!);
        return new(TableName, [NumVirtualTokens, model.Layers * 2L * heads * size], Initializer.Normal(0.02), ParameterRole.Output);
    }
}

/// <summary>Prompt tuning (Lester et al. 2021): learned token vectors before every text. They start as those of tokens drawn from the vocabulary (section 3.2).</summary>
public sealed record PromptTuningOptions : TokenAdapterOptions
{
    public override string Type => "prompt_tuning";

    public override string PeftType => "PROMPT_TUNING";

    internal override ParameterSpec? Table(ModelConfig model) => Fault(model) is { } fault
        ? throw new OptionsException(fault)
        : new(TableName, [NumVirtualTokens, model.Parameters().First().Shape[1]], Initializer.Normal(0.02), ParameterRole.Embedding);
}
