using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Losses;
using Loquat.Models;
using Loquat.Text.Tokenization;

namespace Loquat.Objectives;

/// <summary>What an objective is made for.</summary>
/// <param name="Tokenizer">Of the text.</param>
/// <param name="Model">Of the model that is trained.</param>
/// <param name="ContextLength">Tokens in a sequence that the model reads, at most.</param>
/// <param name="Seed">Of what is drawn.</param>
public sealed record ObjectiveSetting(Tokenizer Tokenizer, ModelConfig Model, int ContextLength, ulong Seed)
{
    internal TokenRoles Roles => field ??= TokenRoles.Of(Tokenizer);

    /// <summary>What a decoder reads first.</summary>
    internal long DecoderStart => (Model as EncoderDecoderConfig)?.DecoderStartTokenId ?? Roles.Pad ?? Roles.End ?? Special("<pad>", "with which the decoder begins");

    /// <summary>The id of a special token.</summary>
    /// <exception cref="OptionsException">The tokenizer does not have it.</exception>
    internal int Special(string token, string what) => Tokenizer.TokenToId(token)
        ?? throw new OptionsException($"objective: the tokenizer has no '{token}', {what}. Let the run learn its tokenizer, or give one that has it.");
}

/// <summary>
/// `objective:` of a recipe: an objective and its options, each a property with description and range. Deriving this record is all that registers one under its <see cref="Type"/>;
/// those of other programs are added with <see cref="KnownObjectives.Add"/>.
/// </summary>
public abstract record ObjectiveOptions
{
    [Description("Share of each label that is spread over all classes (label smoothing).")]
    [Range(0, 0.99)]
    public double LabelSmoothing { get; init; }

    [Description("Factor of the squared logarithm of the softmax's sum, which keeps logits small (z-loss); 1e-4 is usual.")]
    [Range(0, 1)]
    public double ZLoss { get; init; }

    [Description("What labels of some tokens weigh, as TOKEN=WEIGHT separated by spaces; the others weigh 1. Default: none.")]
    public string? ClassWeights { get; init; }

    /// <summary>The name in recipes.</summary>
    public abstract string Type { get; }

    /// <summary>The kinds of models that it trains.</summary>
    public abstract IReadOnlyList<ModelKind> Trains { get; }

    /// <summary>The kind that it is the usual objective of; null: none.</summary>
    public virtual ModelKind? Usual => null;

    /// <summary>Whether it is a task, learned from labeled examples (`loquat finetune`), and not from running text. Default: false.</summary>
    public virtual bool IsTask => false;

    /// <summary>Special tokens that a tokenizer is learned with for it. Default: none.</summary>
    public virtual IReadOnlyList<string> SpecialTokens => [];

    /// <summary>Whether it is made of pairs of texts, which `data` then names. Default: of one text.</summary>
    public virtual bool ReadsPairs => false;

    /// <summary>Whether its loss is that of one class out of several, which <see cref="LabelSmoothing"/>, <see cref="ZLoss"/> and <see cref="ClassWeights"/> change. Default: yes.</summary>
    public virtual bool PredictsClasses => true;

    /// <summary>Whether what a teacher holds likely can stand beside its labels (`distillation` of a recipe): each is the next token of a causal model. Default: no.</summary>
    public virtual bool TakesTeacher => false;

    /// <summary>Whether <see cref="LabelSmoothing"/> is of pairs that are the wrong way round, and the objective's own matter. Default: no.</summary>
    protected virtual bool SmoothsPairs => false;

    /// <summary>Why a model of a kind that it trains is not trained by it all the same; null: it is.</summary>
    public virtual string? Fault(ModelConfig model) => null;

    /// <summary>The objective, with the loss that the options ask for.</summary>
    /// <exception cref="OptionsException">As <see cref="Create"/>, or class_weights name no token.</exception>
    public TextObjective For(ObjectiveSetting setting)
    {
        var objective = Create(setting);
        if ((LabelSmoothing == 0 || SmoothsPairs) && ZLoss == 0 && ClassWeights is null) return objective;
        if (!PredictsClasses) throw new OptionsException($"objective.label_smoothing, z_loss and class_weights change the loss of one class out of several; that of {Type} is another. Leave them out.");
        var classes = Math.Max(setting.Tokenizer.VocabSize, (setting.Model as EncoderDecoderConfig)?.DecoderVocabularySize ?? setting.Model.VocabSize);
        objective.LossOptions = new() { LabelSmoothing = LabelSmoothing, ZLoss = ZLoss, ClassWeights = ClassWeightText.Read(ClassWeights, setting.Tokenizer, classes) };
        return objective;
    }

    /// <summary>What the objective makes, as if nothing were said of its loss.</summary>
    /// <exception cref="OptionsException">The tokenizer lacks a token, the context is too short, or this is a task.</exception>
    public abstract TextObjective Create(ObjectiveSetting setting);
}
