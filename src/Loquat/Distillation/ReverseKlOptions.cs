using Loquat.Losses;
using static TorchSharp.torch;

namespace Loquat.Distillation;

/// <summary>KL(student || teacher): the student keeps to what the teacher holds likely (Gu et al. 2024).</summary>
public sealed record ReverseKlOptions : DistillationOptions
{
    public override string Type => "reverse_kl";

    public override Tensor Divergence(Tensor student, Tensor teacher, Tensor labels) => DistillationLoss.Reverse(student, teacher, labels, Temperature);
}
