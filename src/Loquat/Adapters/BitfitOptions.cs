using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Heads;

namespace Loquat.Adapters;

/// <summary>BitFit (Ben Zaken et al. 2022): the biases learn, and the head of a task; nothing is added. Its folders hold them under peft's names.</summary>
public sealed record BitfitOptions : AdapterOptions
{
    public override string Type => "bitfit";

    public override string PeftType => "BITFIT";

    internal override string? Fault(ModelConfig model) => model.Parameters().Any(IsBias) ? null : $"adapter.type bitfit trains biases; this {model.ModelType} model has none. Choose lora.";

    internal override bool Trains(ParameterSpec parameter, ModelConfig model, bool ofMap) => IsBias(parameter)
        || model is EncoderConfig { Head: HeadKind.SequenceClassification or HeadKind.TokenClassification or HeadKind.QuestionAnswering } && TaskHead.Holds(model, parameter.Name);

    private static bool IsBias(ParameterSpec parameter) => parameter.Name.EndsWith(".bias", StringComparison.Ordinal);
}
