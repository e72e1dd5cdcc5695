using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Loquat.Losses;
using static TorchSharp.torch;

namespace Loquat.Distillation;

/// <summary>The generalized Jensen–Shannon divergence, between both (Agarwal et al. 2024, section 2).</summary>
public sealed record JensenShannonOptions : DistillationOptions
{
    [Description("0 is KL(teacher || student), 1 is KL(student || teacher); between them both are compared with a mixture that has this share of the teacher.")]
    [Range(0, 1)]
    public double Beta { get; init; } = 0.5;

    public override string Type => "jsd";

    public override Tensor Divergence(Tensor student, Tensor teacher, Tensor labels) => DistillationLoss.JensenShannon(student, teacher, labels, Temperature, Beta);
}
