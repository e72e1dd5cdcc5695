using System.ComponentModel;
using Loquat.Layers;
using Loquat.Models;

namespace Loquat.Adapters;

/// <summary>`adapter:` of a recipe, and what an `adapter_config.json` says: what is learned beside the weights of a model, which stay as they are. Names are peft's.</summary>
public abstract record AdapterOptions
{
    [Description("Modules of the model that are trained whole and saved with the adapter, such as classifier. The head of a task always is. Default: none.")]
    public TextList ModulesToSave { get; init; } = TextList.Empty;

    [Description("In which numbers the weights of the model's hidden layers are kept meanwhile: none, as they are; int8 or nf4, in blocks of 64 (QLoRA).")]
    public QuantizationKind Quantization { get; init; }

    /// <summary>The name in recipes.</summary>
    public abstract string Type { get; }

    /// <summary>The name in files of peft, `peft_type`.</summary>
    public abstract string PeftType { get; }

    /// <summary>Why a model cannot have it; null: it can.</summary>
    internal virtual string? Fault(ModelConfig model) => null;

    /// <summary>The affine maps that it stands on.</summary>
    /// <param name="strict">Whether every name must name one.</param>
    /// <exception cref="OptionsException">A name names none, or what adapters cannot stand on.</exception>
    internal virtual IReadOnlyList<AdaptedMap> Maps(ModelConfig model, bool strict) => [];

    /// <summary>What it learns of a map.</summary>
    internal virtual IReadOnlyList<ParameterSpec> Parameters(AdaptedMap map) => [];

    /// <summary>What acts on a map.</summary>
    /// <param name="own">As <see cref="Parameters"/> names them.</param>
    internal virtual LinearAdapter Create(AdaptedMap map, Parameter weight, Parameter? bias, IReadOnlyList<Parameter> own) => throw new NotSupportedException();

    /// <summary>What it learns beside the maps: learned tokens. Default: nothing.</summary>
    internal virtual ParameterSpec? Table(ModelConfig model) => null;

    /// <summary>Whether it trains a parameter of the model itself, besides those of <see cref="ModulesToSave"/>.</summary>
    /// <param name="ofMap">Whether it belongs to a map that the adapter stands on.</param>
    internal virtual bool Trains(ParameterSpec parameter, ModelConfig model, bool ofMap) => false;
}
