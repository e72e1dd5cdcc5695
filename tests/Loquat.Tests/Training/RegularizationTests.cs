using CsCheck;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Tests.Layers;
using Loquat.Training;
using static TorchSharp.torch;

namespace Loquat.Tests.Training;

/// <summary>What keeps a model from learning its text by heart: R-Drop, mixout, layers left out, text changed at random, batches that grow.</summary>
public sealed class RegularizationTests
{
    private const string Gpt = "model_type: gpt2, n_embd: 16, n_layer: 2, n_head: 2, n_positions: 16, tie_word_embeddings: false";
    private const string Dropping = Gpt + ", resid_pdrop: 0.3, embd_pdrop: 0.2";
    private const int Vocabulary = 61;
    private const double Scale = 0.05, Alpha = 3;

    [Fact]
    public void R_drop_is_the_loss_of_the_paper_by_half_with_its_gradients()
    {
        using var scope = NewDisposeScope();
        using var model = (CausalModel)Build(Dropping);
        var batch = Batch(rows: 3, length: 9, ignored: 4);
        var objective = new CausalOptions().Create(new(null!, model.Config, 9, 1));
        objective.LossOptions = new() { RDropAlpha = Alpha };
        double loss;
        using (Randomness.From(11)) loss = objective.LossAndGradients(model, batch, Scale);
        var found = model.Parameters.ToDictionary(p => p.Name, p => p.Value.grad!.clone());
        model.ZeroGradients();

        // Wu et al. 2021, eq. 2 to 4, under the same dropout.
        var tensors = TokenBatch.Join([batch, batch]).ToTensors(CPU);
        var head = model.Head.Value.detach().clone().requires_grad_(true);
        Tensor hidden;
        using (Randomness.From(11)) hidden = model.Hidden(tensors.InputIds, new ForwardContext { Training = true });
        var logs = hidden.matmul(head.t()).log_softmax(-1);                                     // (6, 9, V)
        var (p, q) = (logs.narrow(0, 0, 3), logs.narrow(0, 3, 3));
        var labels = tensors.Labels.narrow(0, 0, 3);
        var (counted, places) = (labels.ge(0), labels.clamp(min: 0).unsqueeze(2));
        var likelihood = p.gather(2, places).squeeze(2) + q.gather(2, places).squeeze(2);       // (3, 9)
        var divergence = (p.exp() * (p - q)).sum(-1) + (q.exp() * (q - p)).sum(-1);
        var expected = ((likelihood.neg() + Alpha / 2 * divergence) * counted).sum() / 2;
        (expected * Scale).backward();
        loss.Should().BeApproximately(expected.item<float>(), 1e-3);
        foreach (var parameter in model.Parameters.Where(p => p.Spec.Role is ParameterRole.Matrix or ParameterRole.Vector)) Gradients.Close(found[parameter.Name], parameter.Value.grad!, 1e-4, parameter.Name);
        Gradients.Close(found[model.Head.Name], head.grad!, 1e-4, "head");
    }

    [Theory]
    [InlineData(Gpt)]
    [InlineData("model_type: gemma2, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 8, intermediate_size: 24")]   // its logits have a cap
    [InlineData("model_type: bert, architectures: [BertForMaskedLM], hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 24, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0")]
    [InlineData("tokens")]   // classes of tokens, on the states of a BERT
    [InlineData("model_type: t5, d_model: 16, d_kv: 8, d_ff: 24, num_layers: 2, num_decoder_layers: 2, num_heads: 2, dropout_rate: 0")]
    public void Where_nothing_is_dropped_both_passes_are_one(string keys)
    {
        using var scope = NewDisposeScope();
        using var model = Build(keys);
        var classes = keys == "tokens" ? 3 : Vocabulary;
        var batch = Batch(rows: 2, length: 8, ignored: 3, classes, decoder: model is EncoderDecoderModel);
        var objective = new Plain();
        var plain = objective.LossAndGradients(model, batch, Scale);
        var expected = model.Parameters.ToDictionary(p => p.Name, p => p.Value.grad?.clone());
        model.ZeroGradients();
        objective.LossOptions = new() { RDropAlpha = Alpha };
        objective.LossAndGradients(model, batch, Scale).Should().BeApproximately(plain, 1e-4 * plain);
        foreach (var parameter in model.Parameters)
            if (expected[parameter.Name] is { } gradient) Gradients.Close(parameter.Value.grad!, gradient, 2e-4, parameter.Name);
    }

    [Theory]
    [InlineData(Gpt)]
    [InlineData("model_type: llama, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, num_key_value_heads: 2, intermediate_size: 24")]
    public void Layers_are_left_out_whole_and_what_they_add_row_by_row(string keys)
    {
        using var scope = NewDisposeScope();
        using var model = (CausalModel)Build(keys);
        var ids = Batch(rows: 64, length: 8, ignored: 0).ToTensors(CPU).InputIds;
        Tensor[] subsets = [.. Enumerable.Range(0, 4).Select(kept => Without(keys, kept, ids))];
        model.LayerDrop = 0.5;
        var seen = new HashSet<int>();
        for (var seed = 0; seed < 24; seed++)
        {
            using var draws = Randomness.From(seed);
            var hidden = model.Hidden(ids, new ForwardContext { Training = true });
            seen.Add(Enumerable.Range(0, 4).Single(kept => Same(hidden, subsets[kept])));
        }
        seen.Should().HaveCount(4);
        Same(model.Hidden(ids, new ForwardContext()), subsets[3]).Should().BeTrue("nothing is left out where nothing is trained");

        (model.LayerDrop, model.DropPath) = (0, 0.5);
        using (Randomness.From(3))
        {
            // The second of two layers adds nothing to half of the rows, the first to a quarter.
            var hidden = model.Hidden(ids, new ForwardContext { Training = true });
            var none = Enumerable.Range(0, 64).Count(row => Same(hidden[row], subsets[0][row]));
            none.Should().BeInRange(2, 16);
            Enumerable.Range(0, 64).Count(row => Same(hidden[row], subsets[3][row])).Should().Be(0, "what is kept is divided by the probability of keeping it");
        }
        Same(model.Hidden(ids, new ForwardContext()), subsets[3]).Should().BeTrue();
    }

    [Fact]
    public void A_model_that_cannot_leave_layers_out_says_so()
    {
        using var mamba = Build("model_type: mamba, hidden_size: 16, num_hidden_layers: 1");
        var layers = () => mamba.LayerDrop = 0.1;
        layers.Should().Throw<OptionsException>().WithMessage("layers of a mamba are not left out*training.layer_drop*");
        using var bart = Build("model_type: bart, d_model: 16, encoder_layers: 1, decoder_layers: 1, encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 24, decoder_ffn_dim: 24, max_position_embeddings: 32");
        var own = () => bart.LayerDrop = 0.1;
        own.Should().Throw<OptionsException>().WithMessage("*model.encoder_layerdrop*");
        using var bert = Build("model_type: bert, architectures: [BertForMaskedLM], hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 24");
        var path = () => bert.DropPath = 0.1;
        path.Should().Throw<OptionsException>().WithMessage("*training.drop_path*training.layer_drop*");
        bert.LayerDrop = 0.1;
    }

    [Fact]
    public void Mixout_mixes_in_the_first_weights_and_gives_back_those_that_learn()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = (CausalModel)Build(Gpt);
        var matrix = model.Parameters.First(p => p.Spec.Role == ParameterRole.Matrix);
        var first = matrix.Value.detach().clone();
        using var mixout = new Mixout(model, 0.25, folder.File("first.safetensors"), begins: true);
        using (no_grad()) matrix.Value.add_(1);
        var own = matrix.Value.detach().clone();
        Tensor mixed;
        using (Randomness.From(5))
        using (mixout.Mix())
        {
            mixed = matrix.Value.detach().clone();
            matrix.Value.grad = ones_like(matrix.Value).DetachFromDisposeScope();
        }
        matrix.Value.detach().equal(own).all().item<bool>().Should().BeTrue();
        var from = mixed.eq(first);
        from.to(ScalarType.Float32).mean().item<float>().Should().BeApproximately(0.25f, 0.05f);
        (mixed - where(from, first, first + (own - first) / 0.75)).abs().max().item<float>().Should().BeLessThan(1e-6f);
        (matrix.Value.grad! - where(from, zeros_like(mixed), full_like(mixed, 1 / 0.75))).abs().max().item<float>().Should().BeLessThan(1e-6f);

        // A run that goes on mixes the same.
        using var again = new Mixout(model, 0.25, folder.File("first.safetensors"), begins: false);
        using (Randomness.From(5))
        using (again.Mix()) matrix.Value.detach().equal(mixed).all().item<bool>().Should().BeTrue();
        File.Delete(folder.File("first.safetensors"));
        var lost = () => new Mixout(model, 0.25, folder.File("first.safetensors"), begins: false);
        lost.Should().Throw<CheckpointException>().WithMessage("*first.safetensors*training.mixout*");
    }

    [Fact]
    public void Changed_text_is_a_function_of_its_tokens_seed_and_place()
    {
        Gen.Select(Gen.Long[0, 9].Array[2, 60], Gen.ULong, Gen.Long[0, 1_000_000], Gen.Double[0, 0.9], Gen.Double[0, 0.9], Gen.Double[0, 0.9]).Sample((tokens, seed, place, masking, deletion, swapping) =>
        {
            var augmentation = new TextAugmentation { Masking = masking, Deletion = deletion, Swapping = swapping, Mask = 99, Kept = new HashSet<int> { 0 } };
            var (places, hidden) = augmentation.Draw(tokens, seed, place);
            var changed = augmentation.Apply(tokens, seed, place);
            changed.Should().Equal(augmentation.Apply(tokens, seed, place));
            changed.Should().HaveCount(places.Length).And.HaveCountGreaterThanOrEqualTo(2);
            places.Should().OnlyHaveUniqueItems();
            changed.Count(token => token == 0).Should().Be(tokens.Count(token => token == 0), "special tokens stay");
            // None moves by more than one place: sorted, neighbours alone are exchanged.
            for (var i = 1; i < places.Length; i++) (places[i] > places[i - 1] || places[i] == places[i - 1] - 1).Should().BeTrue();
            for (var i = 0; i < places.Length; i++) changed[i].Should().Be(hidden[i] ? 99 : tokens[places[i]]);
        });
        var same = new TextAugmentation { Kept = new HashSet<int>() };
        same.Apply([1, 2, 3], 1, 1).Should().Equal(1, 2, 3);
    }

    [Theory]
    [InlineData(0.3, 0, 0)]
    [InlineData(0, 0.3, 0)]
    [InlineData(0, 0, 0.3)]
    public void As_much_is_changed_as_is_asked_for(double masking, double deletion, double swapping)
    {
        long[] tokens = [.. Enumerable.Range(0, 50).Select(i => (long)i)];
        var augmentation = new TextAugmentation { Masking = masking, Deletion = deletion, Swapping = swapping, Mask = 99 };
        var (hidden, left, moved) = (0, 0, 0);
        for (var place = 0; place < 200; place++)
        {
            var drawn = augmentation.Draw(tokens, 7, place);
            hidden += drawn.Hidden.Count(h => h);
            left += tokens.Length - drawn.Places.Length;
            moved += Enumerable.Range(1, drawn.Places.Length - 1).Count(i => drawn.Places[i] < drawn.Places[i - 1]);
        }
        (hidden / 10000.0).Should().BeApproximately(masking, 0.02);
        (left / 10000.0).Should().BeApproximately(deletion, 0.02);
        // Of a token that has just moved it is not asked again.
        (moved / 10000.0).Should().BeApproximately(swapping / (1 + swapping), 0.02);
    }

    [Fact]
    public void What_is_to_be_predicted_is_the_next_token_of_the_changed_text()
    {
        var inner = new CausalOptions().Create(new(null!, Build(Gpt).Config, 8, 1));
        var objective = new AugmentedObjective(inner, new() { Masking = 0.3, Deletion = 0.3, Swapping = 0.3, Mask = 99 }, 5);
        long[] text = [.. Enumerable.Range(0, 16).Select(i => (long)i)], next = [.. text.Select(t => t + 1)];
        var made = objective.Make(text, next, 40);
        made.Labels.Should().Equal(objective.Make(text, next, 40).Labels).And.NotEqual(objective.Make(text, next, 42).Labels);
        for (var row = 0; row < 2; row++)
        {
            var (ids, labels) = (made.InputIds.AsSpan(row * 8, 8).ToArray(), made.Labels.AsSpan(row * 8, 8).ToArray());
            var counted = labels.Count(label => label >= 0);
            labels.Skip(counted).Should().AllBeEquivalentTo(-100L);
            for (var i = 0; i + 1 < counted; i++) if (ids[i + 1] != 99) labels[i].Should().Be(ids[i + 1]);
            labels.Should().NotContain(99);
        }
        // The second row alone gives what it gave beside the first.
        objective.Make(text.AsSpan(8), next.AsSpan(8), 41).InputIds.Should().Equal(made.InputIds.AsSpan(8).ToArray());
    }

    [Fact]
    public void A_growing_batch_grows_evenly_in_micro_batches_that_fit()
    {
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 6], Gen.Long[0, 50], Gen.Int[0, 100]).Sample((micro, accumulation, steps, share) =>
        {
            var full = micro * accumulation;
            var options = new TrainingOptions { MaxSteps = 60, PerDeviceTrainBatchSize = micro, GradientAccumulationSteps = accumulation, ContextLength = 4, BatchWarmupSteps = steps, BatchWarmupStart = 1 + share * (full - 1) / 100, Seed = 1 }.Validated();
            long tokens = 0, before = 0;
            for (var step = 0; step < 60; step++)
            {
                var rows = options.RowsOf(step);
                rows.Max().Should().BeLessThanOrEqualTo(micro);
                (rows.Max() - rows.Min()).Should().BeLessThanOrEqualTo(1);
                rows.Sum().Should().BeGreaterThanOrEqualTo((int)before);
                if (step == 0 && steps > 0) rows.Sum().Should().Be(options.BatchWarmupStart);
                if (step >= steps) rows.Should().Equal(Enumerable.Repeat(micro, accumulation));
                before = rows.Sum();
                tokens += before * 4;
                options.TokensOf(step + 1).Should().Be(tokens);
            }
        });
        var more = () => new TrainingOptions { MaxSteps = 1, PerDeviceTrainBatchSize = 4, ContextLength = 4, BatchWarmupSteps = 5, BatchWarmupStart = 5, Seed = 1 }.Validated();
        more.Should().Throw<OptionsException>().WithMessage("batch_warmup_start is 5; allowed: 1 to the 4 sequences of a step.");
    }

    [Theory]
    [InlineData("objective: {type: causal, r_drop_alpha: 1}", "*compares two passes with different dropout, but this qwen3 has none*")]
    [InlineData("model: {resid_pdrop: 0.1}\nobjective: {type: causal, r_drop_alpha: 1}\ntraining: {optimizer: {type: sophia_g}}", "*sophia_g estimates the curvature*")]
    [InlineData("objective: {type: prefix, token_swapping: 0.1}", "*token_swapping change the text at random; the labels of prefix*")]
    [InlineData("data: {path: a.csv}\nmodel: {model_type: bert, hidden_dropout_prob: 0.1}\nobjective: {type: regression, r_drop_alpha: 1}", "*r_drop_alpha compares two predictions of one class*regression*")]
    [InlineData("data: {path: a.csv}\nmodel: {model_type: bert}\nobjective: {type: token_classification, token_deletion: 0.1}", "*token_deletion*token_classification*")]
    [InlineData("training: {mixout: 0.5}", "*training.mixout*there is no model.from*")]
    [InlineData("training: {batch_warmup_steps: 10, batch_warmup_start: 17}", "*batch_warmup_start is 17; the whole batch has 16 sequences*")]
    [InlineData("training: {batch_warmup_start: 2}", "*training.batch_warmup_start*batch_warmup_steps is 0*")]
    [InlineData("data: {path: a.csv}\nmodel: {model_type: bert}\nobjective: {type: classification}\ntraining: {num_train_epochs: 1, batch_warmup_steps: 10}", "*num_train_epochs*batch_warmup_steps*")]
    public void A_setting_that_would_not_be_honoured_is_refused_by_name(string yaml, string fault)
    {
        var read = () => RecipeFile.Parse(yaml, "r.yaml");
        read.Should().Throw<OptionsException>().WithMessage(fault);
    }

    private static Model Build(string keys) => keys == "tokens"
        ? ((EncoderConfig)RecipeFile.Parse("model: {model_type: bert, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 24, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0}", "r.yaml").Model.ToConfig(Vocabulary, null) with { Head = HeadKind.TokenClassification, Labels = ["a", "b", "c"] }).Build(Placement.Cpu, seed: 3)
        : RecipeFile.Parse($"model: {{{keys}}}", "r.yaml").Model.ToConfig(Vocabulary, null).Build(Placement.Cpu, seed: 3);

    /// <summary>States of the model without some of its two layers: what they add is nothing.</summary>
    private static Tensor Without(string keys, int kept, Tensor ids)
    {
        using var model = (CausalModel)Build(keys);
        using var guard = no_grad();
        foreach (var parameter in model.Parameters.Where(p => p.Name.Contains("c_proj", StringComparison.Ordinal) || p.Name.Contains("o_proj", StringComparison.Ordinal) || p.Name.Contains("down_proj", StringComparison.Ordinal)))
            if ((kept >> int.Parse(parameter.Name.Split('.')[2], System.Globalization.CultureInfo.InvariantCulture) & 1) == 0) parameter.Value.zero_();
        return model.Hidden(ids, new ForwardContext());
    }

    private static bool Same(Tensor a, Tensor b) => (a - b).abs().max().item<float>() < 1e-5f;

    private static TokenBatch Batch(int rows, int length, int ignored, int classes = Vocabulary, bool decoder = false)
    {
        long[] Ids(int seed, int most) => [.. Enumerable.Range(0, rows * length).Select(i => (long)((i * 31 + seed * 17 + i * i) % most))];
        var labels = Ids(5, classes);
        for (var i = 0; i < ignored; i++) labels[i * 3 + 1] = -100;
        return new TokenBatch(rows, length) { InputIds = Ids(2, Vocabulary), Labels = labels, DecoderLength = decoder ? length : 0, DecoderInputIds = decoder ? Ids(3, Vocabulary) : null };
    }

    private sealed class Plain : Objective;
}
