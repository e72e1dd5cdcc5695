using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Losses;
using Loquat.Models;
using Loquat.Text.Conversations;

namespace Loquat.Objectives;

/// <summary>How an answer is judged against the one that is known.</summary>
public enum VerifiableReward
{
    /// <summary>1 where both are the same text, but for white space around them.</summary>
    ExactMatch,

    /// <summary>1 where the last number in it is the last number of the known one.</summary>
    Number,
}

/// <summary>
/// A model learns from its own answers to questions whose answers can be checked (GRPO, Shao et al. 2024): to each question it draws several, and those that are better than their group become likelier.
/// Answers are drawn from the model as it is, and used for one step.
/// </summary>
public sealed record GrpoOptions : ConversationOptions
{
    [Description("Answers that are drawn to each question.")]
    [Range(2, 4096)]
    public int NumGenerations { get; init; } = 8;

    [Description("Tokens of an answer at most.")]
    [Range(1, 1_000_000)]
    public int MaxCompletionLength { get; init; } = 64;

    [Description("When an answer is right: exact_match, the same text as the known one; number, the same last number.")]
    public VerifiableReward Reward { get; init; } = VerifiableReward.ExactMatch;

    [Description("How losses of tokens become one: grpo, mean of the answers' means; bnpo and dapo, mean over tokens; dr_grpo, over answers and max_completion_length; cispo, weights of log-probabilities.")]
    public PolicyGradientForm LossType { get; init; } = PolicyGradientForm.Grpo;

    [Description("By what rewards less their group's mean are divided: the standard deviation of the group, of the batch, or none.")]
    public RewardScale ScaleRewards { get; init; } = RewardScale.Group;

    public override string Type => "grpo";

    public override LearnedPart Part => LearnedPart.LastAnswer;

    public override bool Prefers => false;

    public override bool PredictsClasses => false;

    public override string? Fault(ModelConfig model) => MaxCompletionLength >= model.ContextLength
        ? $"objective.max_completion_length is {MaxCompletionLength}; the model reads {model.ContextLength} tokens, the question included. Lower it."
        : null;

    public override TextObjective Create(ObjectiveSetting setting) => new GrpoObjective(this, setting);
}
