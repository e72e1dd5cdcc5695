using Loquat.Distillation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Distillation;

/// <summary>What a teacher adds to the loss of a batch and to its gradient, held against plain training and finite differences.</summary>
public sealed class DistillationTests
{
    private const string Gpt2 = "{model_type: gpt2, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 32}";
    private const string Qwen = "{model_type: qwen3, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 32, max_position_embeddings: 32}";
    private const string NeoX = "{model_type: gpt_neox, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 32, max_position_embeddings: 32}";
    private const string Mamba = "{model_type: mamba, hidden_size: 16, num_hidden_layers: 2}";

    public static TheoryData<string, string, HiddenLoss> Cases => new(
        from model in (string[])[Gpt2, Qwen, NeoX, Mamba]
        from type in KnownDistillations.Types
        from hidden in model == Mamba || type == "reverse_kl" ? [HiddenLoss.None] : Enum.GetValues<HiddenLoss>()
        select (model, type, hidden));

    [Theory, MemberData(nameof(Cases))]
    public void The_gradient_is_that_of_the_loss(string name, string type, HiddenLoss hidden)
    {
        using var scope = NewDisposeScope();
        using var student = Build(name, 3);
        using var teacher = new Teacher(Build(name, 4), student, Options(type) with { Temperature = 1.5, Alpha = 0.3, HiddenLoss = hidden, HiddenWeight = hidden == HiddenLoss.None ? 1 : 0.7 });
        var batch = Batch() with { Teacher = teacher };
        var loss = student.LossAndGradients(batch, 1.0 / 20);
        var directions = student.Parameters.Select(p => randn_like(p.Value) * 0.02).ToList();
        var expected = student.Parameters.Zip(directions, (p, d) => (p.Value.grad! * d).sum().item<float>()).Sum();
        student.ZeroGradients();
        double At(double step)
        {
            using (no_grad())
                foreach (var (parameter, direction) in student.Parameters.Zip(directions)) parameter.Value.add_(direction * step);
            var moved = student.LossAndGradients(batch, 1.0 / 20) / 20;
            student.ZeroGradients();
            using (no_grad())
                foreach (var (parameter, direction) in student.Parameters.Zip(directions)) parameter.Value.sub_(direction * step);
            return moved;
        }
        const double Step = 0.02;
        var slope = (At(Step) - At(-Step)) / (2 * Step);
        ((double)expected).Should().BeApproximately(slope, 0.03 * Math.Abs(slope) + 2e-3);
        loss.Should().BePositive();
    }

    [Theory]
    [InlineData(Gpt2)]
    [InlineData(Qwen)]
    public void With_all_weight_on_the_text_it_is_plain_training(string name)
    {
        using var scope = NewDisposeScope();
        using var student = Build(name, 3);
        using var teacher = new Teacher(Build(name, 4), student, new ForwardKlOptions { Teacher = "t", Alpha = 1 });
        var plain = student.LossAndGradients(Batch(), 1.0 / 20);
        var gradients = Gradients(student);
        student.LossAndGradients(Batch() with { Teacher = teacher }, 1.0 / 20).Should().BeApproximately(plain, 1e-4 * plain);
        foreach (var (parameter, gradient) in Gradients(student)) ((gradient - gradients[parameter]).abs().max() / gradient.abs().max().clamp(min: 1e-4)).item<float>().Should().BeLessThan(1e-4f, parameter);
    }

    [Theory]
    [InlineData("forward_kl")]
    [InlineData("reverse_kl")]
    [InlineData("jsd")]
    public void Who_is_the_teacher_already_learns_nothing(string type)
    {
        using var scope = NewDisposeScope();
        using var student = Build(Gpt2, 3);
        using var teacher = new Teacher(Build(Gpt2, 3), student, Options(type) with { Alpha = 0, HiddenLoss = HiddenLoss.Mse });
        student.LossAndGradients(Batch() with { Teacher = teacher }, 1).Should().BeApproximately(0, 1e-3);
        foreach (var (parameter, gradient) in Gradients(student)) gradient.abs().max().item<float>().Should().BeLessThan(1e-3f, parameter);
    }

    [Fact]
    public void The_teacher_stays_as_it_is_and_has_no_gradients()
    {
        using var scope = NewDisposeScope();
        using var student = Build(Qwen, 3);
        var model = Build(Qwen, 4);
        var before = model.Parameters.Select(p => p.Value.clone()).ToList();
        using var teacher = new Teacher(model, student, new ForwardKlOptions { Teacher = "t", HiddenLoss = HiddenLoss.Cosine });
        long alive = 0;
        for (var step = 0; step < 4; step++)
        {
            using var inner = NewDisposeScope();
            student.LossAndGradients(Batch() with { Teacher = teacher }, 1);
            student.ZeroGradients();
            if (step == 1) alive = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }
        DisposeScopeManager.Statistics.ThreadTotalLiveCount.Should().BeLessThanOrEqualTo(alive);
        model.Parameters.All(p => p.Value.grad is null).Should().BeTrue();
        foreach (var (parameter, value) in model.Parameters.Zip(before)) parameter.Value.eq(value).all().item<bool>().Should().BeTrue(parameter.Name);
    }

    [Fact]
    public void Tokens_that_do_not_count_teach_nothing()
    {
        using var scope = NewDisposeScope();
        using var student = Build(Gpt2, 3);
        using var teacher = new Teacher(Build(Gpt2, 4), student, new ForwardKlOptions { Teacher = "t", HiddenLoss = HiddenLoss.Mse });
        var batch = Batch();
        batch.Labels[1] = ModelBatch.Ignored;
        var both = student.LossAndGradients(batch with { Teacher = teacher }, 1);
        student.LossAndGradients(batch with { InputIds = batch.InputIds.narrow(0, 0, 1), Labels = batch.Labels.narrow(0, 0, 1), Teacher = teacher }, 1).Should().BeApproximately(both, 1e-3);
    }

    [Fact]
    public void A_vocabulary_that_is_filled_up_is_compared_where_both_have_tokens()
    {
        using var scope = NewDisposeScope();
        using var student = Build(Gpt2, 3, vocabulary: 48);
        using var teacher = new Teacher(Build(Gpt2, 4), student, new ForwardKlOptions { Teacher = "t", Alpha = 0 });
        student.LossAndGradients(Batch() with { Teacher = teacher }, 1).Should().BePositive();
        student.Head.Value.grad!.shape.Should().Equal(48, 16);
    }

    [Fact]
    public void Layers_are_paired_evenly_or_as_named()
    {
        LayerPairs.Of(TextList.Empty, 3, 6).Should().Equal((1, 2), (2, 4), (3, 6));
        LayerPairs.Of(TextList.Empty, 4, 2).Should().Equal((1, 1), (2, 1), (3, 2), (4, 2));
        LayerPairs.Of(new(["2:5", "3:6"]), 3, 6).Should().Equal((2, 5), (3, 6));
        foreach (var (pairs, message) in ((string[], string)[])[(["1"], "*'1'*such as 2:4*"), (["4:1"], "*layers 1 to 3*"), (["1:0"], "*the teacher 1 to 6*"), (["1:1", "1:2"], "*layer 1 of the student twice*")])
            FluentActions.Invoking(() => LayerPairs.Of(new(pairs), 3, 6)).Should().Throw<OptionsException>().WithMessage(message);
    }

    [Fact]
    public void What_cannot_be_compared_is_refused()
    {
        using var student = Build(Gpt2, 3);
        using var mamba = Build(Mamba, 3);
        using var wide = Build(Gpt2.Replace("16", "24", StringComparison.Ordinal), 3);
        foreach (var (model, own, message) in ((CausalModel, CausalModel, string)[])[(wide, student, "*student are 16 wide and those of the teacher 24*"), (mamba, student, "*a mamba, the teacher*")])
            FluentActions.Invoking(() => new Teacher(model, own, new ForwardKlOptions { Teacher = "t", HiddenLoss = HiddenLoss.Mse })).Should().Throw<OptionsException>().WithMessage(message);
        using var adaptive = Build("{model_type: lstm, hidden_size: 16, num_layers: 1, vocab_size: 40, adaptive_softmax_cutoffs: [10, 20]}", 3);
        FluentActions.Invoking(() => new Teacher(student, adaptive, new ForwardKlOptions { Teacher = "t" })).Should().Throw<OptionsException>().WithMessage("*adaptive softmax*");
    }

    private static DistillationOptions Options(string type) => KnownDistillations.Find(type)! with { Teacher = "t" };

    private static CausalModel Build(string model, ulong seed, int vocabulary = 40) => (CausalModel)(RecipeFile.Parse($"model: {model}", "m.yaml").Model.Config with { VocabSize = vocabulary }).Build(Placement.Cpu, seed);

    private static ModelBatch Batch()
    {
        var ids = arange(0, 24, dtype: ScalarType.Int64).view(2, 12) % 40;
        var labels = (ids * 5 + 3) % 40;
        labels[0, 3] = ModelBatch.Ignored;
        return new() { InputIds = ids, Labels = labels };
    }

    private static Dictionary<string, Tensor> Gradients(Model model)
    {
        var made = model.Parameters.ToDictionary(p => p.Name, p => p.Value.grad!.clone());
        model.ZeroGradients();
        return made;
    }
}
