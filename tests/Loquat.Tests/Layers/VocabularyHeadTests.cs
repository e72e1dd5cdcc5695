using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

public sealed class VocabularyHeadTests
{
    [Theory]
    [InlineData(5, 7, 3, ScalarType.Float32, 1e-5)]
    [InlineData(130, 99, 16, ScalarType.Float32, 1e-5)]
    [InlineData(1500, 50257, 8, ScalarType.Float32, 1e-5)]     // several chunks
    [InlineData(130, 1000, 32, ScalarType.BFloat16, 4e-2)]
    public void Loss_and_gradients_agree_with_autograd(long rows, long vocabulary, long width, ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        var hidden = Gradients.Random(type, 1, rows, width);
        using var head = new Parameter(new("head", [vocabulary, width], Initializer.Normal(1), ParameterRole.Head), new Placement(CPU, type), 3);
        var labels = randint(0, vocabulary, [rows], dtype: ScalarType.Int64);
        labels[0] = -100;
        const double Scale = 0.25;

        var h = hidden.to(ScalarType.Float32).detach().requires_grad_(true);
        var w = head.Value.to(ScalarType.Float32).detach().requires_grad_(true);
        var expected = nn.functional.cross_entropy(h.mm(w.t()), labels, ignore_index: -100, reduction: nn.Reduction.Sum);
        (expected * Scale).backward();

        var gradient = empty_like(hidden);
        var loss = VocabularyHead.CrossEntropy(hidden, head, labels, Scale, gradient);

        loss.Should().BeApproximately(expected.item<float>(), Math.Abs(expected.item<float>()) * tolerance);
        Gradients.Close(gradient, h.grad!, tolerance, "hidden");
        Gradients.Close(head.Value.grad!, w.grad!, tolerance, "head");
        head.Value.grad!.Dispose();
        VocabularyHead.CrossEntropy(hidden, head, labels, Scale, gradient: null).Should().BeApproximately(loss, Math.Abs(loss) * 1e-6);
    }

    [Fact]
    public void Gradients_of_micro_batches_add_up()
    {
        using var scope = NewDisposeScope();
        var hidden = Gradients.Random(ScalarType.Float32, 1, 40, 16);
        using var whole = new Parameter(new("head", [99, 16], Initializer.Normal(1), ParameterRole.Head), Placement.Cpu, 3);
        using var parts = new Parameter(whole.Spec, Placement.Cpu, 3);
        var labels = randint(0, 99, [40], dtype: ScalarType.Int64);
        var gradient = empty_like(hidden);
        VocabularyHead.CrossEntropy(hidden, whole, labels, 1, gradient);
        foreach (var first in new[] { 0, 20 })
            VocabularyHead.CrossEntropy(hidden.narrow(0, first, 20), parts, labels.narrow(0, first, 20), 1, empty([20, 16]));
        Gradients.Close(parts.Value.grad!, whole.Value.grad!, 1e-6, "head");
    }

    [Fact]
    public void Composite_agrees_with_the_kernel()
    {
        using var scope = NewDisposeScope();
        var logits = Gradients.Random(ScalarType.Float32, 1, 9, 32) * 4;
        var labels = tensor(new long[] { 0, 31, -100, 5, 6, 7, 8, -100, 1 });
        var losses = new double[9];
        var copy = logits.clone();
        VocabularyHead.ReduceComposite(copy, labels, 0.5, losses, lossOnly: false, Loquat.Losses.LossOptions.Plain);
        var expected = nn.functional.cross_entropy(logits, labels, ignore_index: -100, reduction: nn.Reduction.None);
        for (var i = 0; i < 9; i++) losses[i].Should().BeApproximately(expected[i].item<float>(), 1e-5);
    }
}
