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

    [Description("R-Drop (Wu et al. 2021): factor of the divergence of two passes of each batch under different dropout; 1 to 5 are usual. A step takes twice the time. 0: one pass.")]
    [Range(0, 1000)]
    public double RDropAlpha { get; init; }

    [Description("Share of the tokens of the training text that the model sees as the mask token; what it is to predict stays.")]
    [Range(0, 0.9)]
    public double TokenMasking { get; init; }

    [Description("Share of the tokens of the training text that are left out, drawn anew each time that it is read.")]
    [Range(0, 0.9)]
    public double TokenDeletion { get; init; }

    [Description("Share of the tokens of the training text that change places with the next, drawn anew each time that it is read.")]
    [Range(0, 0.9)]
    public double TokenSwapping { get; init; }

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

    /// <summary>Whether its loss is that of one class out of several, which <see cref="LabelSmoothing"/>, <see cref="ZLoss"/>, <see cref="ClassWeights"/> and <see cref="RDropAlpha"/> change. Default: yes.</summary>
    public virtual bool PredictsClasses => true;

    /// <summary>Whether what a teacher holds likely can stand beside its labels (`distillation` of a recipe): each is the next token of a causal model. Default: no.</summary>
    public virtual bool TakesTeacher => false;

    /// <summary>Whether <see cref="LabelSmoothing"/> is of pairs that are the wrong way round, and the objective's own matter. Default: no.</summary>
    protected virtual bool SmoothsPairs => false;

    /// <summary>Whether the text that it is learned from can be changed at random: <see cref="TokenMasking"/>, <see cref="TokenDeletion"/>, <see cref="TokenSwapping"/>. Default: no, as labels belong to its tokens or it makes a noise of its own.</summary>
    public virtual bool Augments => false;

    /// <summary>How the training text is changed; null: it is not.</summary>
    internal TextAugmentation? Augmentation(TokenRoles roles, IEnumerable<int> special) => TokenMasking == 0 && TokenDeletion == 0 && TokenSwapping == 0 ? null : new()
    {
        Masking = TokenMasking,
        Deletion = TokenDeletion,
        Swapping = TokenSwapping,
        Mask = TokenMasking == 0 ? null : roles.Mask ?? throw new OptionsException("objective.token_masking: the tokenizer has no mask token ([MASK] or <mask>). Let the run learn its tokenizer, give one that has it, or leave token_masking out."),
        Kept = special.ToHashSet(),
    };

    /// <summary>Why a model of a kind that it trains is not trained by it all the same; null: it is.</summary>
    public virtual string? Fault(ModelConfig model) => null;

    /// <summary>The objective, with the loss that the options ask for.</summary>
    /// <exception cref="OptionsException">As <see cref="Create"/>, or class_weights name no token.</exception>
    public TextObjective For(ObjectiveSetting setting)
    {
        var objective = Create(setting);
        if (Augmentation(setting.Roles, setting.Tokenizer.SpecialTokens.Select(setting.Tokenizer.TokenToId).OfType<int>()) is { } augmentation)
            objective = Augments ? new AugmentedObjective(objective, augmentation, setting.Seed) : throw new OptionsException($"objective.token_masking, token_deletion and token_swapping are given; the text of {Type} cannot be changed by them. Leave them out.");
        if ((LabelSmoothing == 0 || SmoothsPairs) && ZLoss == 0 && ClassWeights is null && RDropAlpha == 0) return objective;
        if (!PredictsClasses) throw new OptionsException($"objective.label_smoothing, z_loss, class_weights and r_drop_alpha change the loss of one class out of several; that of {Type} is another. Leave them out.");
        var classes = Math.Max(setting.Tokenizer.VocabSize, (setting.Model as EncoderDecoderConfig)?.DecoderVocabularySize ?? setting.Model.VocabSize);
        objective.LossOptions = new() { LabelSmoothing = LabelSmoothing, ZLoss = ZLoss, RDropAlpha = RDropAlpha, ClassWeights = ClassWeightText.Read(ClassWeights, setting.Tokenizer, classes) };
        return objective;
    }

    /// <summary>What the objective makes, as if nothing were said of its loss.</summary>
    /// <exception cref="OptionsException">The tokenizer lacks a token, the context is too short, or this is a task.</exception>
    public abstract TextObjective Create(ObjectiveSetting setting);
}
