using System.Text.Json.Nodes;
using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Gpt2;
using Loquat.Models.Llama;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Checkpoints;

/// <summary>A model folder in every form that people publish gives the same model; one that does not fit is refused before anything is made.</summary>
public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly ModelConfig _llama = new LlamaConfig
    {
        VocabSize = 31,
        HiddenSize = 16,
        NumHiddenLayers = 2,
        NumAttentionHeads = 2,
        IntermediateSize = 24,
        MaxPositionEmbeddings = 32,
        InitializerRange = 0.2,
        EosTokenIds = [3],
    };

    private static readonly ModelConfig _gpt2 = new Gpt2Config { VocabSize = 31, NEmbd = 16, NLayer = 2, NHead = 2, NPositions = 32, InitializerRange = 0.2 };

    [Fact]
    public void Names_without_the_prefix_of_the_base_model_are_found()
    {
        Same(_gpt2, tensors => tensors.Select(t => (t.Name["transformer.".Length..], t.Tensor)));
        Same(_llama, tensors => tensors.Select(t => (t.Name.Replace("model.", "", StringComparison.Ordinal), t.Tensor)));
        Same(_llama, tensors => tensors.Select(t => ("_orig_mod." + t.Name, t.Tensor)));
    }

    [Fact]
    public void Tables_that_older_programs_saved_are_no_fault()
    {
        Same(_gpt2, tensors => [.. tensors, ("transformer.h.0.attn.bias", ones(1, 1, 32, 32)), ("transformer.h.1.attn.masked_bias", tensor(-1e4f))]);
        Same(_gpt2, tensors => [.. tensors.Select(t => (t.Name["transformer.".Length..], t.Tensor)), ("h.0.attn.bias", ones(1, 1, 32, 32))]);
        Same(_gpt2, tensors => [.. tensors, ("lm_head.weight", tensors.First().Tensor)]);
        Same(_llama, tensors => [.. tensors, ("model.layers.0.self_attn.rotary_emb.inv_freq", ones(4)), ("model.rotary_emb.inv_freq", ones(4))]);
    }

    [Theory]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    public void Other_number_types_are_converted(ScalarType type) => Same(_llama, tensors => tensors.Select(t => (t.Name, t.Tensor.to(type))), type == ScalarType.BFloat16 ? 0.1 : 0.01);

    [Fact]
    public void Several_files_are_joined_by_their_index()
    {
        using var scope = NewDisposeScope();
        using var model = Save(_llama, tensors => tensors);
        Split(model, _ => { });
        using var read = ModelFolder.Load<CausalModel>(_folder.Path, Placement.Cpu);
        Logits(read).allclose(Logits(model)).Should().BeTrue();
    }

    [Theory]
    [InlineData("../second.safetensors", "same folder")]
    [InlineData("/etc/passwd", "same folder")]
    [InlineData("missing.safetensors", "missing.safetensors")]
    [InlineData("first.safetensors", "does not hold")]
    [InlineData(5, "it must be the name of a file")]
    public void A_wrong_index_is_refused(object file, string message)
    {
        using var scope = NewDisposeScope();
        using var model = Save(_llama, tensors => tensors);
        Split(model, map => map["model.norm.weight"] = file is string name ? JsonValue.Create(name) : JsonValue.Create((int)file));
        Refused(message);
    }

    [Theory]
    [InlineData("num_hidden_layers", 2_000_000_000, "model.layers.2.")]
    [InlineData("num_hidden_layers", 3, "model.layers.2.")]
    [InlineData("num_hidden_layers", 1, "model.layers.1.")]
    [InlineData("vocab_size", 1_000_000_000, "shape [31, 16]*[1000000000, 16]")]
    [InlineData("hidden_size", 1_000_000_000, "shape")]
    [InlineData("intermediate_size", 2_000_000_000, "shape")]
    [InlineData("head_dim", 2_000_000_000, "head_dim*4000000000|times the 2000000000")]
    [InlineData("num_attention_heads", 3, "multiple")]
    [InlineData("tie_word_embeddings", true, "differs from")]
    [InlineData("attention_bias", true, "q_proj.bias")]
    [InlineData("quantization_config", "{}", "quantization_config")]
    [InlineData("attn_logit_softcapping", 30, "attn_logit_softcapping")]
    [InlineData("sliding_window", 0, "sliding_window")]
    [InlineData("use_sliding_window", true, "use_sliding_window")]
    [InlineData("layer_types", "[\"full_attention\",\"sliding_attention\"]", "layer_types")]
    [InlineData("is_decoder", true, "is_decoder")]
    [InlineData("hidden_act", "gelu_10", "hidden_act")]
    [InlineData("partial_rotary_factor", 0.2, "partial_rotary_factor")]
    public void What_the_files_do_not_hold_or_Loquat_does_not_build_is_refused(string key, object value, string message)
    {
        using var scope = NewDisposeScope();
        using var model = Save(_llama, tensors => tensors);
        Edit(key, JsonNode.Parse(value is string text && text[0] is '{' or '[' ? (string)value : System.Text.Json.JsonSerializer.Serialize(value)));
        var before = GC.GetTotalAllocatedBytes();
        Refused(message.Split('|')[^1]);
        (GC.GetTotalAllocatedBytes() - before).Should().BeLessThan(50_000_000);
    }

    [Fact]
    public void Tensors_that_do_not_belong_are_named()
    {
        using var scope = NewDisposeScope();
        RefusedWith(_llama, tensors => tensors.Where(t => t.Name != "lm_head.weight"), "base model");
        RefusedWith(_llama, tensors => tensors.Where(t => t.Name != "model.norm.weight"), "model.norm.weight");
        RefusedWith(_llama, tensors => [.. tensors, ("score.weight", ones(2))], "score.weight");
        RefusedWith(_gpt2, tensors => [.. tensors, ("wte.weight", ones(2))], "are the same tensor");
        RefusedWith(_gpt2, tensors => tensors.Select(t => (t.Name, t.Name.EndsWith("ln_f.bias", StringComparison.Ordinal) ? t.Tensor.to(ScalarType.Int8) : t.Tensor)), "I8");
        RefusedWith(_gpt2, tensors => tensors.Select(t => (t.Name, t.Name.EndsWith("ln_f.bias", StringComparison.Ordinal) ? t.Tensor / 0 : t.Tensor)), "not finite");
    }

    [Theory]
    [InlineData("null", "5", new[] { 5 })]
    [InlineData("[7,2]", "5", new[] { 7, 2 })]
    [InlineData("9", "[5,6]", new[] { 9 })]
    [InlineData("", "[5,6]", new[] { 5, 6 })]
    [InlineData("", "null", new int[0])]
    public void End_tokens_come_from_either_file(string generation, string config, int[] expected)
    {
        using var scope = NewDisposeScope();
        using var model = Save(_llama, tensors => tensors);
        Edit("eos_token_id", JsonNode.Parse(config));
        File.WriteAllText(_folder.File("generation_config.json"), generation.Length == 0 ? "{}" : $$"""{"eos_token_id":{{generation}}}""");
        ModelFolder.ReadConfig(_folder.Path).EosTokenIds.Should().Equal(expected);
    }

    [Fact]
    public void A_model_larger_than_the_memory_is_refused_before_it_is_made()
    {
        var huge = new LlamaConfig { VocabSize = 1_000_000_000, HiddenSize = 65536, NumHiddenLayers = 1, NumAttentionHeads = 2, IntermediateSize = 2, MaxPositionEmbeddings = 8 };
        var act = () => huge.Build<CausalModel>(Placement.Cpu, 1);
        act.Should().Throw<MachineException>().WithMessage("*memory*");
    }

    [Fact]
    public void Positions_take_memory_only_as_they_are_used()
    {
        using var scope = NewDisposeScope();
        using var model = ((LlamaConfig)_llama with { MaxPositionEmbeddings = 2_000_000_000 }).Build<CausalModel>(Placement.Cpu, 1);
        Logits(model).shape.Should().Equal(1, 4, 31);
    }

    [Fact]
    public void A_tensor_of_more_than_2_GiB_is_read_and_written()
    {
        LongTests.Require();
        using var scope = NewDisposeScope();
        const long Rows = 1_100_000_000;
        var big = zeros(Rows, dtype: ScalarType.BFloat16);
        big[Rows - 1] = 3;
        SafetensorsWriter.Write(_folder.File("big.safetensors"), [("big", big)]);
        big.Dispose();
        using var file = SafetensorsFile.Open(_folder.File("big.safetensors"));
        var read = file.Load("big");
        (read[Rows - 1].item<float>(), read[0].item<float>()).Should().Be((3, 0));
    }

    private CausalModel Save(ModelConfig config, Func<IEnumerable<(string Name, Tensor Tensor)>, IEnumerable<(string, Tensor)>> change)
    {
        var model = config.Build<CausalModel>(Placement.Cpu, seed: 4);
        ModelFolder.Write(_folder.Path, model);
        SafetensorsWriter.Write(_folder.File(ModelFolder.WeightsFile), [.. change([.. model.Parameters.Select(p => (p.Name, p.Value))])]);
        return model;
    }

    private void Same(ModelConfig config, Func<IEnumerable<(string Name, Tensor Tensor)>, IEnumerable<(string, Tensor)>> change, double tolerance = 1e-6)
    {
        using var scope = NewDisposeScope();
        using var model = Save(config, change);
        using var read = ModelFolder.Load<CausalModel>(_folder.Path, Placement.Cpu);
        (Logits(read) - Logits(model)).abs().max().item<float>().Should().BeLessThan((float)tolerance);
    }

    private void RefusedWith(ModelConfig config, Func<IEnumerable<(string Name, Tensor Tensor)>, IEnumerable<(string, Tensor)>> change, string message)
    {
        using var model = Save(config, change);
        Refused(message);
    }

    private void Refused(string message)
    {
        var act = () => ModelFolder.Load<CausalModel>(_folder.Path, Placement.Cpu);
        act.Should().Throw<CheckpointException>().WithMessage($"*{message}*");
    }

    private void Split(CausalModel model, Action<JsonObject> change)
    {
        File.Delete(_folder.File(ModelFolder.WeightsFile));
        var map = new JsonObject();
        var half = model.Parameters.Count / 2;
        foreach (var (file, part) in (IEnumerable<(string, IEnumerable<Parameter>)>)[("first.safetensors", model.Parameters.Take(half)), ("second.safetensors", model.Parameters.Skip(half))])
        {
            SafetensorsWriter.Write(_folder.File(file), [.. part.Select(p => (p.Name, p.Value))]);
            foreach (var parameter in part) map[parameter.Name] = file;
        }
        change(map);
        File.WriteAllText(_folder.File("model.safetensors.index.json"), new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = 1 }, ["weight_map"] = map }.ToJsonString());
    }

    private void Edit(string key, JsonNode? value)
    {
        var config = JsonNode.Parse(File.ReadAllText(_folder.File("config.json")))!.AsObject();
        config[key] = value;
        File.WriteAllText(_folder.File("config.json"), config.ToJsonString());
    }

    private static Tensor Logits(CausalModel model)
    {
        using var guard = no_grad();
        return model.Logits(tensor(new long[] { 3, 1, 4, 1 }, [1, 4]), new ForwardContext());
    }

    public void Dispose() => _folder.Dispose();
}
