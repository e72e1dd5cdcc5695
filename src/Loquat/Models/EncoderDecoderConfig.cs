using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models;

/// <summary>The hyperparameters of a model that reads one text and writes another.</summary>
public abstract record EncoderDecoderConfig : ModelConfig
{
    /// <summary>What the decoder's text begins with: `decoder_start_token_id` of `generation_config.json`, or else of `config.json`. Null: the begin token.</summary>
    public int? DecoderStartTokenId { get; init; }

    /// <summary>What fills rows of different lengths; null: none.</summary>
    public int? PadTokenId { get; init; }

    public override ModelKind Kind => ModelKind.EncoderDecoder;

    /// <summary>As published models have it, the decoder begins with padding, and a text that is read ends with the token that ends a text.</summary>
    public override ModelConfig For(TokenRoles tokens)
    {
        var end = tokens.Separator ?? tokens.End;
        return (EncoderDecoderConfig)base.For(tokens) with { PadTokenId = tokens.Pad, DecoderStartTokenId = tokens.Pad ?? end, EosTokenIds = end is { } id ? [id] : [] };
    }

    /// <summary>Layers of the decoder.</summary>
    public abstract int DecoderLayerCount { get; }

    /// <summary>Tokens that the decoder knows. Default: as many as the encoder.</summary>
    public virtual int DecoderVocabularySize => VocabSize;

    /// <summary>What the decoder's text begins with.</summary>
    /// <exception cref="OptionsException">The configuration names no such token.</exception>
    internal int DecoderStart => DecoderStartTokenId ?? BosTokenId
        ?? throw new OptionsException($"this {ModelType} model has no decoder_start_token_id (nor bos_token_id), so what its texts begin with is not known. Put it into config.json or generation_config.json.");

    /// <summary>The token ids as `config.json` has them.</summary>
    protected void AddIds(JsonObject json)
    {
        json["is_encoder_decoder"] = true;
        json["bos_token_id"] = BosTokenId;
        json["eos_token_id"] = EosToJson();
        json["pad_token_id"] = PadTokenId;
        json["decoder_start_token_id"] = DecoderStartTokenId;
    }

    /// <summary>Reads what every encoder-decoder's `config.json` says of itself, and refuses one half of a model.</summary>
    protected static void CheckKind(ConfigReader fields)
    {
        fields.Only("is_encoder_decoder", "true");
        fields.Only("is_decoder", "false");
    }
}
