using Loquat.Generation;
using Loquat.Models;
using Loquat.Recipes;
using Loquat.Text.Tokenization.ChatTemplates;
using Microsoft.Extensions.AI;
using Message = Microsoft.Extensions.AI.ChatMessage;

namespace Loquat.Tests.Generation;

public sealed class CausalChatClientTests : IDisposable
{
    private const string Template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

    private static readonly SamplingOptions _defaults = new() { MaxNewTokens = 24, Seed = 7, Temperature = 0.9 };
    private static readonly Message[] _conversation = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Hello"), new(ChatRole.Assistant, "Hi."), new(ChatRole.User, "Who?")];

    private readonly CausalModel _model = TinyWriter.Model();
    private readonly CausalChatClient _client;

    public CausalChatClientTests() => _client = new CausalChatClient(_model, TinyWriter.Tokenizer, ChatTemplate.Parse(Template), defaults: _defaults, modelId: "tiny");

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task The_model_reads_the_whole_conversation_in_the_form_of_its_template()
    {
        var response = await _client.GetResponseAsync(_conversation);
        response.Text.Should().Be(Continued("[system]Be brief.\n[user]Hello\n[assistant]Hi.\n[user]Who?\n[assistant]", _defaults)).And.NotBeEmpty();
        response.Messages.Should().ContainSingle().Which.Role.Should().Be(ChatRole.Assistant);
        response.ModelId.Should().Be("tiny");
        var instructed = await _client.GetResponseAsync([new(ChatRole.User, "Hello")], new ChatOptions { Instructions = "Be brief." });
        instructed.Text.Should().Be(Continued("[system]Be brief.\n[user]Hello\n[assistant]", _defaults));
        var both = await _client.GetResponseAsync(_conversation[..2], new ChatOptions { Instructions = "In verse." });
        both.Text.Should().Be(Continued("[system]In verse.\nBe brief.\n[user]Hello\n[assistant]", _defaults), "of one system message");
    }

    [Fact]
    public async Task Streaming_gives_what_the_whole_answer_gives()
    {
        var whole = await _client.GetResponseAsync(_conversation);
        var updates = new List<ChatResponseUpdate>();
        await foreach (var update in _client.GetStreamingResponseAsync(_conversation)) updates.Add(update);
        string.Concat(updates.Select(u => u.Text)).Should().Be(whole.Text);
        updates.Count.Should().BeGreaterThan(3);
        updates[^1].FinishReason.Should().Be(whole.FinishReason);
        updates.Select(u => u.ResponseId).Distinct().Should().ContainSingle();
        updates.ToChatResponse().Usage!.OutputTokenCount.Should().Be(whole.Usage!.OutputTokenCount);
    }

    [Fact]
    public async Task Usage_and_finish_reason_are_told()
    {
        var cut = await _client.GetResponseAsync(_conversation, new ChatOptions { MaxOutputTokens = 5 });
        cut.FinishReason.Should().Be(ChatFinishReason.Length);
        cut.Usage!.OutputTokenCount.Should().Be(5);
        cut.Usage.InputTokenCount.Should().Be("[system]Be brief.\n[user]Hello\n[assistant]Hi.\n[user]Who?\n[assistant]".Length, "a token is a byte");
        cut.Usage.TotalTokenCount.Should().Be(cut.Usage.InputTokenCount + 5);
        var text = (await _client.GetResponseAsync(_conversation)).Text;
        var stop = text.Substring(text.Length / 2, 1);
        var stopped = await _client.GetResponseAsync(_conversation, new ChatOptions { StopSequences = [stop] });
        stopped.FinishReason.Should().Be(ChatFinishReason.Stop);
        stopped.Text.Should().Be(text[..text.IndexOf(stop, StringComparison.Ordinal)]);
    }

    [Fact]
    public async Task Each_option_that_is_known_does_what_it_does_elsewhere()
    {
        (ChatOptions Asked, SamplingOptions Meant)[] cases =
        [
            (new() { Temperature = 0 }, _defaults with { Temperature = 0 }),
            (new() { Temperature = 0.7f }, _defaults with { Temperature = 0.7 }),
            (new() { TopP = 0.3f }, _defaults with { TopP = 0.3 }),
            (new() { TopK = 2 }, _defaults with { TopK = 2 }),
            (new() { Seed = 99 }, _defaults with { Seed = 99 }),
            (new() { MaxOutputTokens = 9 }, _defaults with { MaxNewTokens = 9 }),
            (new() { AdditionalProperties = new() { ["min_p"] = 0.4 } }, _defaults with { MinP = 0.4 }),
            (new() { AdditionalProperties = new() { ["repetition_penalty"] = 1.8f } }, _defaults with { RepetitionPenalty = 1.8 }),
        ];
        foreach (var (asked, meant) in cases)
        {
            var text = (await _client.GetResponseAsync([new(ChatRole.User, "Hello")], asked)).Text;
            text.Should().Be(Continued("[user]Hello\n[assistant]", meant));
            text.Should().NotBe(Continued("[user]Hello\n[assistant]", _defaults), $"{meant} changes the answer");
        }
    }

    public static TheoryData<string> Properties => [.. typeof(ChatOptions).GetProperties().Where(p => p.CanWrite).Select(p => p.Name)];

    [Theory, MemberData(nameof(Properties))]
    public async Task Every_option_is_honoured_or_refused_by_name(string name)
    {
        string[] honoured = ["Instructions", "Temperature", "TopP", "TopK", "Seed", "MaxOutputTokens", "StopSequences"];
        if (honoured.Contains(name)) return;
        var options = new ChatOptions();
        var property = typeof(ChatOptions).GetProperty(name)!;
        property.SetValue(options, Some(name, property.PropertyType));
        var ask = () => _client.GetResponseAsync(_conversation, options);
        await ask.Should().ThrowAsync<OptionsException>().WithMessage(name == "AdditionalProperties" ? "*'unheard_of'*" : $"*{name}*");
    }

    private static object? Some(string name, Type type) => name switch
    {
        nameof(ChatOptions.ResponseFormat) => ChatResponseFormat.Json,
        nameof(ChatOptions.ToolMode) => ChatToolMode.RequireAny,
        nameof(ChatOptions.Tools) => new List<AITool> { AIFunctionFactory.Create(() => 1, "one") },
        nameof(ChatOptions.AdditionalProperties) => new AdditionalPropertiesDictionary { ["unheard_of"] = 1 },
        nameof(ChatOptions.RawRepresentationFactory) => (Func<IChatClient, object?>)(_ => null),
        _ when type == typeof(string) => "another",
        _ when Nullable.GetUnderlyingType(type) == typeof(bool) => true,
        _ when Nullable.GetUnderlyingType(type) is { IsPrimitive: true } number => Convert.ChangeType(1, number, null),
        _ => Activator.CreateInstance(type, nonPublic: true),
    };

    [Fact]
    public async Task All_that_cannot_be_honoured_is_named_at_once()
    {
        var ask = () => _client.GetResponseAsync([new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])], new ChatOptions { FrequencyPenalty = 1, ModelId = "gpt" });
        await ask.Should().ThrowAsync<OptionsException>().WithMessage("message 1 holds DataContent*FrequencyPenalty*ModelId is 'gpt'; this client holds 'tiny'*");
        var range = () => _client.GetResponseAsync(_conversation, new ChatOptions { Temperature = -1, TopK = -2 });
        await range.Should().ThrowAsync<OptionsException>().WithMessage("*temperature is -1*top_k is -2*");
        var nothing = () => _client.GetResponseAsync([]);
        await nothing.Should().ThrowAsync<OptionsException>().WithMessage("there are no messages*");
        (await _client.GetResponseAsync(_conversation, new ChatOptions { FrequencyPenalty = 0, ModelId = "tiny", ResponseFormat = ChatResponseFormat.Text, ToolMode = ChatToolMode.Auto })).Text.Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_conversation_longer_than_the_context_is_refused_and_an_answer_ends_where_it_does()
    {
        var ask = () => _client.GetResponseAsync([new(ChatRole.User, new string('x', TinyWriter.Context))]);
        await ask.Should().ThrowAsync<OptionsException>().WithMessage($"the conversation has *; this model reads {TinyWriter.Context}*");
        var response = await _client.GetResponseAsync([new(ChatRole.User, "x")], new ChatOptions { MaxOutputTokens = 100_000, Seed = 3 });
        (response.Usage!.TotalTokenCount <= TinyWriter.Context).Should().BeTrue();
    }

    [Fact]
    public async Task Cancelling_ends_an_answer()
    {
        using var cancel = new CancellationTokenSource();
        var read = async () =>
        {
            await foreach (var _ in _client.GetStreamingResponseAsync(_conversation, null, cancel.Token)) await cancel.CancelAsync();
        };
        await read.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public void A_folder_without_a_chat_template_says_so_and_one_with_it_talks()
    {
        using var folder = new TemporaryFolder();
        Checkpoints(folder.Path);
        using var model = TrainedModel.Load(folder.Path);
        var client = () => model.AsChatClient();
        client.Should().Throw<DataException>().WithMessage("*there is no chat template*chat_template.jinja*");
        File.WriteAllText(folder.File("chat_template.jinja"), Template);
        using var talking = model.AsChatClient();
        talking.GetService(typeof(ChatTemplate)).Should().NotBeNull();
        talking.GetService(typeof(ChatClientMetadata)).Should().BeOfType<ChatClientMetadata>().Which.ProviderName.Should().Be("loquat");
        ((object?)((IChatClient)talking).GetService<CausalModel>()).Should().BeSameAs(model.Model);
    }

    [Fact]
    public void A_template_that_refuses_the_conversation_is_heard()
    {
        using var client = new CausalChatClient(_model, TinyWriter.Tokenizer, ChatTemplate.Parse("{{ raise_exception('no system here') }}"));
        var ask = () => client.GetStreamingResponseAsync(_conversation);
        ask.Should().Throw<DataException>().WithMessage("*no system here*");
    }

    private void Checkpoints(string folder)
    {
        Loquat.Checkpoints.ModelFolder.Write(folder, _model);
        TinyWriter.Tokenizer.Save(Path.Combine(folder, "tokenizer.json"));
    }

    private string Continued(string text, SamplingOptions options) =>
        string.Concat(new TextGenerator(_model, TinyWriter.Tokenizer).Continue(TinyWriter.Tokenizer.EncodeIds(text), options));
}
