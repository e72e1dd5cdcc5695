using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

public sealed class ActivationTests
{
    public static TheoryData<ActivationKind, long, ScalarType, double> Cases()
    {
        var cases = new TheoryData<ActivationKind, long, ScalarType, double>();
        foreach (var kind in Enum.GetValues<ActivationKind>())
        {
            foreach (var width in new long[] { 1, 13, 70_001 }) cases.Add(kind, width, ScalarType.Float32, 1e-5);
            cases.Add(kind, 1000, ScalarType.BFloat16, 3e-2);
        }
        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void Agrees_with_its_definition(ActivationKind kind, long width, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        Gradients.AgreeWith(t => Activation.Composite(t[0], kind), t => Activation.Apply(t[0], kind), tolerance, Gradients.Random(type, 1, width) * 3);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Gated_unit_agrees_with_its_definition(ActivationKind kind, long width, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        Gradients.AgreeWith(t => Activation.Composite(t[0], kind) * t[1], t => Activation.Gated(t[0], t[1], kind), tolerance,
            Gradients.Random(type, 1, width) * 3, Gradients.Random(type, 2, width));
    }

    [Fact]
    public void Extremes_stay_finite()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { -1e4f, -100f, -88f, -0f, 0f, 1e-30f, 88f, 100f, 1e4f });
        foreach (var kind in Enum.GetValues<ActivationKind>())
            Activation.Apply(x, kind).isfinite().all().item<bool>().Should().BeTrue(kind.ToString());
    }
}
