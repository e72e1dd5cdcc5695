using System.ComponentModel;
using Loquat.Models;
using Loquat.Text.Conversations;

namespace Loquat.Objectives;

/// <summary>What an assistant answers is learned from conversations (supervised fine-tuning; Ouyang et al. 2022, section 3.1): the loss is that of its answers and of the tokens that end them.</summary>
public sealed record ChatObjectiveOptions : ConversationOptions
{
    [Description("Whether only the assistant's answers, and what ends them, are learned; false: everything.")]
    public bool AssistantOnlyLoss { get; init; } = true;

    [Description("Whether only the last answer of a conversation is learned.")]
    public bool MaskHistory { get; init; }

    [Description("Whether several conversations share a row, each for itself: attention does not cross, and positions begin anew.")]
    public bool Packing { get; init; }

    public override string Type => "chat";

    public override bool TakesTeacher => true;

    public override LearnedPart Part => !AssistantOnlyLoss ? LearnedPart.All : MaskHistory ? LearnedPart.LastAnswer : LearnedPart.Answers;

    public override bool Prefers => false;

    public override string? Fault(ModelConfig model) => MaskHistory && !AssistantOnlyLoss ? "objective.mask_history learns the last answer alone, objective.assistant_only_loss false everything. Take one of them out." : null;

    public override TextObjective Create(ObjectiveSetting setting) => new ChatObjective(this, setting);
}
