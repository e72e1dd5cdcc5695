using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Layers.Recurrent;
using Loquat.Models;
using Loquat.Models.Recurrent;
using Loquat.Tests.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>Recurrent language models: kernels = definition, with = without a carried state, padding, packed documents, regularization, published sizes.</summary>
public sealed class RecurrentModelTests
{
    public static TheoryData<string> Variants => ["rnn", "relu", "lstm", "gru", "tied", "projected", "peephole", "unbiased", "adaptive"];

    private static RecurrentConfig Config(string variant)
    {
        var config = new RecurrentConfig { Cell = RecurrentCell.Lstm, VocabSize = 37, HiddenSize = 20, NumLayers = 2, EmbeddingSize = 12 };
        return variant switch
        {
            "rnn" => config with { Cell = RecurrentCell.RnnTanh },
            "relu" => config with { Cell = RecurrentCell.RnnRelu },
            "gru" => config with { Cell = RecurrentCell.Gru },
            "tied" => config with { TieWordEmbeddings = true },
            "projected" => config with { ProjSize = 9 },
            "peephole" => config with { Peephole = true },
            "adaptive" => config with { AdaptiveSoftmaxCutoffs = [5, 20], AdaptiveSoftmaxDivValue = 2 },
            "unbiased" => config with { Bias = false },
            _ => config,
        };
    }

    private static Tensor Ids(long batch, long tokens, int seed = 7)
    {
        using var generator = new Generator((ulong)seed);
        return randint(37, [batch, tokens], ScalarType.Int64, generator: generator);
    }

    [Theory, MemberData(nameof(Variants))]
    public void Kernels_give_loss_and_gradients_of_the_definition(string variant)
    {
        using var scope = NewDisposeScope();
        using var model = Config(variant).Build(Placement.Cpu, seed: 3);
        var ids = Ids(3, 11);
        // A mask that masks nothing is the definition's.
        var expected = model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true, AttentionMask = ones_like(ids) });
        var gradients = model.Parameters.Select(p => p.Value.grad!.clone()).ToList();
        model.ZeroGradients();
        model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true }).Should().BeApproximately(expected, 1e-3);
        for (var i = 0; i < gradients.Count; i++)
        {
            Gradients.Close(model.Parameters[i].Value.grad!, gradients[i], 1e-4, model.Parameters[i].Name);
            gradients[i].abs().max().item<float>().Should().BeGreaterThan(0, model.Parameters[i].Name);
        }
        model.Loss(ids, ids, new ForwardContext()).Should().BeApproximately(expected, 1e-3);
    }

    [Theory, MemberData(nameof(Variants))]
    public void A_text_read_in_pieces_is_the_text_read_whole(string variant)
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var model = Config(variant).Build(Placement.Cpu, seed: 3);
        var ids = Ids(2, 9);
        var whole = model.Logits(ids, new ForwardContext());
        using var state = model.NewCache(2, 1);
        var pieces = new List<Tensor>();
        foreach (var (start, length) in ((long, long)[])[(0, 4), (4, 1), (5, 1), (6, 3)])
            pieces.Add(model.Logits(ids.narrow(1, start, length), new ForwardContext { Cache = state }));
        (cat(pieces, 1) - whole).abs().max().item<float>().Should().BeLessThan(1e-5f);
        state.Length.Should().Be(9);

        // Rows of a beam go on from others; a state goes back to the beginning only.
        state.Reorder([1, 1, 0]);
        var next = model.Logits(ids.index_select(0, tensor([1L, 1, 0])).narrow(1, 0, 2), new ForwardContext { Cache = state });
        // A product may take rows in groups, and sum those of another group in another order.
        (next[0] - next[1]).abs().max().item<float>().Should().BeLessThan(1e-6f);
        FluentActions.Invoking(() => state.Truncate(3)).Should().Throw<OptionsException>().WithMessage("*cannot go back*");
        state.Truncate(0);
        var again = model.Logits(ids.index_select(0, tensor([1L, 1, 0])), new ForwardContext { Cache = state });
        (again[2] - whole[0]).abs().max().item<float>().Should().BeLessThan(1e-5f);
    }

    [Theory, MemberData(nameof(Variants))]
    public void Padding_and_documents_before_a_text_change_nothing(string variant)
    {
        using var scope = NewDisposeScope();
        using var guard = inference_mode();
        using var model = Config(variant).Build(Placement.Cpu, seed: 3);
        var (first, second) = (Ids(1, 5), Ids(1, 8, seed: 8));
        var expected = model.Logits(second, new ForwardContext());
        var both = cat([first, second], 1);
        var mask = cat([zeros_like(first), ones_like(second)], 1);
        var padded = model.Logits(both, new ForwardContext { AttentionMask = mask, Positions = (mask.cumsum(1) - 1).clamp(min: 0) });
        (padded.narrow(1, 5, 8) - expected).abs().max().item<float>().Should().BeLessThan(1e-5f);
        var packed = model.Logits(both, new ForwardContext { Documents = mask });
        (packed.narrow(1, 5, 8) - expected).abs().max().item<float>().Should().BeLessThan(1e-5f);
    }

    [Theory, MemberData(nameof(Variants))]
    public void A_folder_gives_the_same_model(string variant)
    {
        using var scope = NewDisposeScope();
        using var model = Config(variant).Build(Placement.Cpu, seed: 3);
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), model.Config.ToJson().ToJsonString());
        SafetensorsWriter.Write(folder.File("model.safetensors"), [.. model.Parameters.Select(p => (p.Name, p.Value))]);
        using var loaded = ModelFolder.Load<CausalModel>(folder.Path, Placement.Cpu);
        loaded.Config.Should().Be(model.Config);
        var ids = Ids(2, 5);
        (loaded.Logits(ids, new ForwardContext()) - model.Logits(ids, new ForwardContext())).abs().max().item<float>().Should().Be(0);
    }

    [Fact]
    public void Truncated_backpropagation_goes_on_from_the_state_of_the_batch_before()
    {
        using var scope = NewDisposeScope();
        using var model = Config("lstm").Build(Placement.Cpu, seed: 3);
        var ids = Ids(2, 12);
        var whole = model.Loss(ids, ids, new ForwardContext());
        using var state = model.NewCache(2, 1);
        var first = model.LossAndGradients(ids.narrow(1, 0, 5), ids.narrow(1, 0, 5), 0.1, new ForwardContext { Training = true, Cache = state });
        var second = model.LossAndGradients(ids.narrow(1, 5, 7), ids.narrow(1, 5, 7), 0.1, new ForwardContext { Training = true, Cache = state });
        (first + second).Should().BeApproximately(whole, 1e-3);
    }

    [Fact]
    public void Penalties_add_their_gradients_and_no_more()
    {
        using var scope = NewDisposeScope();
        var ids = Ids(2, 6);
        Tensor[] Run(RecurrentConfig config, out double loss)
        {
            using var model = config.Build(Placement.Cpu, seed: 3);
            loss = model.LossAndGradients(ids, ids, 1.0 / 12, new ForwardContext { Training = true });
            return [.. model.Parameters.Select(p => p.Value.grad!.clone())];
        }
        var plain = Run(Config("lstm"), out var expected);
        var penalized = Run(Config("lstm") with { ActivationPenalty = 2, TemporalPenalty = 1 }, out var loss);
        loss.Should().Be(expected);

        // The same by autograd: α mean h² + β mean (h_t - h_{t-1})².
        using var model = Config("lstm").Build(Placement.Cpu, seed: 3);
        var weights = Enumerable.Range(0, 2).Select(l => new RecurrentWeights(
            model[$"model.rnn.weight_ih_l{l}"].Value, model[$"model.rnn.weight_hh_l{l}"].Value, model[$"model.rnn.bias_ih_l{l}"].Value, model[$"model.rnn.bias_hh_l{l}"].Value)).ToArray();
        var embedded = EmbeddingTable.Lookup(model.TokenEmbedding, ids).transpose(0, 1).contiguous();
        var h = Recurrence.Apply(RecurrentCell.Lstm, Recurrence.Apply(RecurrentCell.Lstm, embedded, weights[0]).Output, weights[1]).Output;
        (2 * h.square().mean() + (h.narrow(0, 1, 5) - h.narrow(0, 0, 5)).square().mean()).backward();
        for (var i = 0; i < plain.Length; i++)
            if (model.Parameters[i].Value.grad is { } extra) Gradients.Close(penalized[i] - plain[i], extra, 1e-4, model.Parameters[i].Name);
    }

    [Fact]
    public void Dropout_keeps_means_and_falls_on_training_alone()
    {
        using var scope = NewDisposeScope();
        var config = Config("tied") with { EmbeddingDropout = 0.3, InputDropout = 0.3, HiddenDropout = 0.3, OutputDropout = 0.3, WeightDropout = 0.5 };
        using var model = config.Build(Placement.Cpu, seed: 3);
        using var plain = Config("tied").Build(Placement.Cpu, seed: 3);
        var ids = Ids(4, 9);
        model.Loss(ids, ids, new ForwardContext()).Should().Be(plain.Loss(ids, ids, new ForwardContext()));
        torch.manual_seed(5);
        var first = model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true });
        var second = model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true });
        torch.manual_seed(5);
        model.LossAndGradients(ids, ids, 0.1, new ForwardContext { Training = true }).Should().Be(first).And.NotBe(second);
    }

    /// <summary>AWD-LSTM of the paper's table 1: 24 M parameters on Penn Treebank, 33 M on WikiText-2, less the bias of the head.</summary>
    [Theory]
    [InlineData(10000, 24_211_600)]
    [InlineData(33278, 33_522_800)]
    public void Published_sizes_have_their_parameters(int vocabulary, long parameters) =>
        new RecurrentConfig { Cell = RecurrentCell.Lstm, VocabSize = vocabulary, HiddenSize = 1150, NumLayers = 3, EmbeddingSize = 400, TieWordEmbeddings = true }.ParameterCount().Should().Be(parameters);

    [Theory]
    [InlineData("""{"model_type": "gru", "vocab_size": 5, "hidden_size": 4, "proj_size": 2}""", "proj_size")]
    [InlineData("""{"model_type": "lstm", "vocab_size": 5, "hidden_size": 4, "proj_size": 4}""", "proj_size")]
    [InlineData("""{"model_type": "rnn", "vocab_size": 5, "hidden_size": 4, "nonlinearity": "gelu"}""", "nonlinearity")]
    [InlineData("""{"model_type": "rnn", "vocab_size": 5, "hidden_size": 4, "bidirectional": true}""", "bidirectional")]
    [InlineData("""{"model_type": "lstm", "vocab_size": 5, "hidden_size": 4, "weight_dropout": 1.5}""", "weight_dropout")]
    public void What_cannot_be_built_is_refused_by_name(string json, string key)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "config.json");
        File.WriteAllText(path, json);
        FluentActions.Invoking(() => ModelConfigFile.Read(path)).Should().Throw<CheckpointException>().WithMessage($"*{key}*");
    }
}
