using Loquat.Losses;
using static TorchSharp.torch;

namespace Loquat.Distillation;

/// <summary>T² · KL(teacher || student): the student covers all that the teacher holds likely (Hinton et al. 2015, section 2).</summary>
public sealed record ForwardKlOptions : DistillationOptions
{
    public override string Type => "forward_kl";

    public override Tensor Divergence(Tensor student, Tensor teacher, Tensor labels) => DistillationLoss.Soft(student, teacher, labels, Temperature, alpha: 0);
}
