using Loquat.Text.Tokenization.ChatTemplates;

namespace Loquat.Tests.Tokenization.ChatTemplates;

public sealed class TokenizerConfigTests
{
    [Fact]
    public void Tokens_as_text_and_as_objects_and_a_single_template()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), """
            {"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>", "pad_token": null, "image_token": "<img>", "add_bos_token": true,
             "additional_special_tokens": ["<a>", {"content": "<b>"}], "model_max_length": 1000000000000000019884624838656,
             "tokenizer_class": "LlamaTokenizerFast", "chat_template": "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ pad_token }}"}
            """);
        var config = TokenizerConfig.Load(folder.Path);
        config.SpecialTokens.Should().Equal(new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>", ["image_token"] = "<img>" });
        (config.BosToken, config.EosToken, config.PadToken, config.ModelMaxLength, config.AddBosToken, config.AddEosToken, config.TokenizerClass)
            .Should().Be(("<s>", "</s>", null, null, true, null, "LlamaTokenizerFast"));
        config.AdditionalSpecialTokens.Should().Equal("<a>", "<b>");
        config.GetChatTemplate().Render([new("user", "Hi")], variables: config.TemplateVariables).Should().Be("<s>Hi</s>");
    }

    [Fact]
    public void Named_templates_and_templates_in_files_of_their_own()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), """{"chat_template": [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"}], "model_max_length": 4096}""");
        var config = TokenizerConfig.Load(folder.File("tokenizer_config.json"));
        config.ModelMaxLength.Should().Be(4096);
        config.GetChatTemplate().Render([]).Should().Be("plain");
        config.GetChatTemplate(withTools: true).Render([]).Should().Be("tools");
        File.WriteAllText(folder.File("chat_template.jinja"), "from the file");
        Directory.CreateDirectory(folder.File("additional_chat_templates"));
        File.WriteAllText(Path.Combine(folder.File("additional_chat_templates"), "rag.jinja"), "with documents");
        config = TokenizerConfig.Load(folder.Path);
        config.GetChatTemplate().Render([]).Should().Be("from the file");
        config.GetChatTemplate("rag").Render([]).Should().Be("with documents");
        var missing = () => config.GetChatTemplate("other");
        missing.Should().Throw<DataException>().WithMessage("there is no chat template 'other'; there are default, tool_use, rag");
    }

    [Theory]
    [InlineData("{\n \"a\": }", "*tokenizer_config.json, line 2, byte *not valid JSON*")]
    [InlineData("[1]", "*tokenizer_config.json: expected a JSON object")]
    [InlineData("""{"bos_token": 5}""", "*'bos_token' must be a text or an object with 'content', not Number")]
    [InlineData("""{"chat_template": [{"name": 1}]}""", "*'chat_template' must be a text or a list of objects*")]
    [InlineData("""{"chat_template": 7}""", "*'chat_template' must be a text or a list of objects*")]
    [InlineData("""{"chat_template": [null]}""", "*'chat_template' must be a text or a list of objects*")]
    [InlineData("""{"bos_token": "a", "bos_token": "b"}""", "*tokenizer_config.json: *bos_token*")]
    public void A_damaged_file_is_named_with_the_place(string text, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer_config.json"), text);
        var load = () => TokenizerConfig.Load(folder.Path);
        load.Should().Throw<DataException>().WithMessage(message);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_an_error()
    {
        var load = () => TokenizerConfig.Load("no-such-folder");
        load.Should().Throw<DataException>().WithMessage("no-such-folder: no such folder or file*");
    }
}
