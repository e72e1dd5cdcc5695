using System.Text.Json.Nodes;
using Loquat.Adapters;
using Loquat.Models;

namespace Loquat.Tests.Adapters;

/// <summary>What an adapter_config.json can say is built, or refused by its name.</summary>
public sealed class AdapterConfigFileTests
{
    [Theory]
    [InlineData("peft_type", "\"LOHA\"", "peft_type is \"LOHA\"")]
    [InlineData("init_lora_weights", "\"pissa\"", "init_lora_weights is \"pissa\"")]
    [InlineData("lora_bias", "true", "lora_bias is true")]
    [InlineData("loftq_config", "{\"bits\":4}", "loftq_config is")]
    [InlineData("target_parameters", "[\"mlp\"]", "target_parameters is")]
    [InlineData("layer_replication", "[[0,4]]", "layer_replication is")]
    [InlineData("trainable_token_indices", "[1]", "trainable_token_indices is")]
    [InlineData("bias", "\"some\"", "bias is \"some\"")]
    [InlineData("r", "0", "r is 0")]
    [InlineData("rank_pattern", "{\"a\":\"b\"}", "rank_pattern is")]
    [InlineData("target_modules", "null", "target_modules is null")]
    [InlineData("invented", "3", "invented is 3")]
    public void What_is_not_built_is_refused_by_name(string key, string value, string expected)
    {
        using var folder = new TemporaryFolder();
        var json = new JsonObject { ["peft_type"] = "LORA", ["target_modules"] = new JsonArray("q_proj"), [key] = JsonNode.Parse(value) };
        File.WriteAllText(folder.File("adapter_config.json"), json.ToJsonString());
        FluentActions.Invoking(() => AdapterConfigFile.Read(folder.File("adapter_config.json"))).Should().Throw<CheckpointException>().WithMessage($"*{expected}*");
    }

    [Fact]
    public void Names_lists_and_patterns_choose_modules_as_in_peft()
    {
        ModuleNames.Matches("model.layers.0.self_attn.q_proj", new TextList(["q_proj"])).Should().BeTrue();
        ModuleNames.Matches("model.layers.0.self_attn.qq_proj", new TextList(["q_proj"])).Should().BeFalse();
        ModuleNames.Matches("model.layers.10.self_attn.q_proj", new TextList([@".*\.1\d\..*(q|v)_proj"])).Should().BeTrue();
        ModuleNames.Matches("model.layers.1.self_attn.q_proj", new TextList([@".*\.1\d\..*(q|v)_proj"])).Should().BeFalse();
        ModuleNames.KeyOf(["down_proj", @"layers\.1\..*"], "model.layers.1.mlp.up_proj").Should().Be(@"layers\.1\..*");
        ModuleNames.Layer("model.layers.7.mlp.up_proj", TextList.Empty).Should().Be(7);
        ModuleNames.Layer("model.layers.7.mlp.up_proj", new TextList(["blocks"])).Should().BeNull();
        ModuleNames.Within("roberta.classifier.dense.weight", new TextList(["classifier"])).Should().BeTrue();
        ModuleNames.Within("classifier2.weight", new TextList(["classifier"])).Should().BeFalse();
        FluentActions.Invoking(() => ModuleNames.Matches(new string('a', 60) + "x", new TextList(["(a|aa)+"]))).Should().Throw<OptionsException>().WithMessage("*takes too long*");
    }

    [Fact]
    public void Ranks_and_alphas_of_some_modules_take_the_place_of_the_others()
    {
        var options = new LoraOptions { R = 8, LoraAlpha = 16, RankPattern = new TextList(["down_proj=4"]), AlphaPattern = new TextList(["down_proj=6"]) };
        (options.Rank("model.layers.0.mlp.down_proj"), options.Scaling("model.layers.0.mlp.down_proj")).Should().Be((4, 1.5));
        (options.Rank("model.layers.0.mlp.up_proj"), options.Scaling("model.layers.0.mlp.up_proj")).Should().Be((8, 2.0));
        (options with { UseRslora = true }).Scaling("model.layers.0.mlp.down_proj").Should().Be(3);
    }
}
