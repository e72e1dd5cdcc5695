using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Losses;
using Loquat.Text.Conversations;

namespace Loquat.Objectives;

/// <summary>What is made of two answers, one of which is preferred.</summary>
public enum PreferenceLossType
{
    /// <summary>DPO, and with label smoothing its conservative form.</summary>
    Sigmoid,
    SigmoidNorm,
    Hinge,
    Ipo,
    Robust,
    ExoPair,
    NcaPair,
    BcoPair,
    SppoHard,
    Aot,
    ApoZero,
    ApoDown,
    Discopop,

    /// <summary>The odds of the preferred answer, beside its loss.</summary>
    Orpo,

    /// <summary>Mean log-probabilities with a margin.</summary>
    Simpo,

    /// <summary>Summed log-probabilities, beside the preferred answer's loss.</summary>
    Cpo,

    /// <summary>Each answer by itself, good or bad.</summary>
    Kto,
}

/// <summary>A model comes to prefer what people prefer, from pairs of answers (Rafailov et al. 2023 and what came after): DPO in its forms, ORPO, SimPO, CPO, KTO.</summary>
public sealed record PreferenceOptions : ConversationOptions
{
    private const double UsualBeta = 0.1, UsualBetaOfSimpo = 2;

    [Description("sigmoid is DPO; sigmoid_norm, hinge, ipo, robust, exo_pair, nca_pair, bco_pair, sppo_hard, aot, apo_zero, apo_down, discopop are forms of it; orpo, simpo, cpo need no reference model; kto judges each answer by itself.")]
    public PreferenceLossType LossType { get; init; } = PreferenceLossType.Sigmoid;

    [Description("How much a log-probability counts: the larger, the closer the model stays to the reference. Default: 0.1; of simpo 2.")]
    [Range(1e-6, 1e3)]
    public double? Beta { get; init; }

    [Description("Of simpo: by how much the preferred answer is to be ahead.")]
    [Range(0, 100)]
    public double SimpoGamma { get; init; } = 0.5;

    [Description("Weight of the mean loss of the preferred answer's tokens, added to the loss. Default: 1 of orpo and cpo, 0 of the others.")]
    [Range(0, 1e3)]
    public double? RpoAlpha { get; init; }

    [Description("Of kto: weight of each preferred answer.")]
    [Range(0, 1e3)]
    public double DesirableWeight { get; init; } = 1;

    [Description("Of kto: weight of each other answer.")]
    [Range(0, 1e3)]
    public double UndesirableWeight { get; init; } = 1;

    [Description("Compare with a model to which all answers are alike, in place of the model as it began.")]
    public bool ReferenceFree { get; init; }

    public override string Type => "preference";

    public override LearnedPart Part => LearnedPart.Answers;

    public override bool Prefers => true;

    public override bool PredictsClasses => false;

    /// <summary>Here it is the share of pairs that are the wrong way round.</summary>
    protected override bool SmoothsPairs => true;

    /// <summary>The form of DPO; null: it is none.</summary>
    internal DirectPreferenceForm? Form => Enum.TryParse<DirectPreferenceForm>(LossType.ToString(), out var form) ? form : null;

    internal double ActualBeta => Beta ?? (LossType == PreferenceLossType.Simpo ? UsualBetaOfSimpo : UsualBeta);

    internal double ActualAlpha => RpoAlpha ?? (LossType is PreferenceLossType.Orpo or PreferenceLossType.Cpo ? 1 : 0);

    /// <summary>Whether it looks at the model as it began.</summary>
    internal bool HasReference => !ReferenceFree && LossType is not (PreferenceLossType.Orpo or PreferenceLossType.Simpo or PreferenceLossType.Cpo);

    public override string? Fault(Models.ModelConfig model)
    {
        try
        {
            if (Form is { } form) DirectPreferenceLoss.Check(form, ActualBeta, LabelSmoothing);
            else if (LabelSmoothing > 0) return $"objective.label_smoothing is {LabelSmoothing}; {RecipeName(LossType)} has none. Take it out, or choose sigmoid.";
        }
        catch (OptionsException error)
        {
            return $"objective: {error.Message}";
        }
        var defaults = new PreferenceOptions();
        if (LossType != PreferenceLossType.Simpo && SimpoGamma != defaults.SimpoGamma) return "objective.simpo_gamma belongs to loss_type simpo. Take it out.";
        if (LossType != PreferenceLossType.Kto && (DesirableWeight, UndesirableWeight) != (1, 1)) return "objective.desirable_weight and undesirable_weight belong to loss_type kto. Take them out.";
        if (ReferenceFree && LossType is (PreferenceLossType.Orpo or PreferenceLossType.Simpo or PreferenceLossType.Cpo)) return $"objective.reference_free is true; {RecipeName(LossType)} has no reference anyway. Take it out.";
        return null;
    }

    public override TextObjective Create(ObjectiveSetting setting) => new PreferenceObjective(this, setting);

    internal static string RecipeName(PreferenceLossType type) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(type.ToString());
}
