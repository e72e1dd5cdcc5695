using System.Text.Json.Nodes;
using Loquat.Layers.Recurrent;

namespace Loquat.Models.Recurrent;

/// <summary>The `config.json` of a recurrent language model. No published family has one, so the names are torch.nn's where it has one for the thing.</summary>
internal static class RecurrentJson
{
    public static RecurrentConfig Read(string modelType, ConfigReader fields) => new()
    {
        Cell = modelType switch
        {
            "lstm" => RecurrentCell.Lstm,
            "gru" => RecurrentCell.Gru,
            _ => fields.Choice("nonlinearity", "tanh", "tanh", "relu") == "relu" ? RecurrentCell.RnnRelu : RecurrentCell.RnnTanh,
        },
        VocabSize = fields.Integer("vocab_size"),
        HiddenSize = fields.Integer("hidden_size"),
        NumLayers = fields.Integer("num_layers", 1),
        EmbeddingSize = fields.OptionalInteger("embedding_size"),
        Bias = fields.Flag("bias", true),
        ProjSize = modelType == "lstm" ? fields.Integer("proj_size", 0, min: 0) : 0,
        Peephole = modelType == "lstm" && fields.Flag("peephole", false),
        TieWordEmbeddings = fields.Flag("tie_word_embeddings", false),
        AdaptiveSoftmaxCutoffs = fields.Counts("adaptive_softmax_cutoffs"),
        AdaptiveSoftmaxDivValue = fields.Number("adaptive_softmax_div_value", 4, min: 1),
        EmbeddingDropout = fields.Number("embedding_dropout", 0, 0, 1),
        InputDropout = fields.Number("input_dropout", 0, 0, 1),
        HiddenDropout = fields.Number("hidden_dropout", 0, 0, 1),
        OutputDropout = fields.Number("output_dropout", 0, 0, 1),
        WeightDropout = fields.Number("weight_dropout", 0, 0, 1),
        ActivationPenalty = fields.Number("activation_penalty", 0, min: 0),
        TemporalPenalty = fields.Number("temporal_penalty", 0, min: 0),
    };

    public static JsonObject Write(RecurrentConfig config, JsonNode? eos)
    {
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(config.ModelType switch { "lstm" => "LstmForCausalLM", "gru" => "GruForCausalLM", _ => "RnnForCausalLM" }),
            ["model_type"] = config.ModelType,
            ["vocab_size"] = config.VocabSize,
            ["embedding_size"] = config.TokenWidth,
            ["hidden_size"] = config.HiddenSize,
            ["num_layers"] = config.NumLayers,
            ["bias"] = config.Bias,
        };
        if (config.ModelType == "rnn") json["nonlinearity"] = config.Cell == RecurrentCell.RnnRelu ? "relu" : "tanh";
        if (config.ModelType == "lstm") (json["proj_size"], json["peephole"]) = (config.ProjSize, config.Peephole);
        if (config.AdaptiveSoftmaxCutoffs.Count > 0)
        {
            json["adaptive_softmax_cutoffs"] = new JsonArray([.. config.AdaptiveSoftmaxCutoffs.Select(c => (JsonNode)c)]);
            json["adaptive_softmax_div_value"] = config.AdaptiveSoftmaxDivValue;
        }
        foreach (var (key, value) in (IEnumerable<(string, double)>)[
            ("embedding_dropout", config.EmbeddingDropout), ("input_dropout", config.InputDropout), ("hidden_dropout", config.HiddenDropout), ("output_dropout", config.OutputDropout),
            ("weight_dropout", config.WeightDropout), ("activation_penalty", config.ActivationPenalty), ("temporal_penalty", config.TemporalPenalty)]) json[key] = value;
        json["bos_token_id"] = config.BosTokenId;
        json["eos_token_id"] = eos;
        json["tie_word_embeddings"] = config.TieWordEmbeddings;
        json["dtype"] = "float32";
        return json;
    }
}
