using System.CommandLine;
using System.Text;
using System.Text.Json;
using Loquat.Cli.Display;
using Loquat.Cli.Input;
using Loquat.Cli.Parsing;
using Loquat.Generation;
using Loquat.Recipes;
using Microsoft.Extensions.AI;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat chat RUN [MESSAGE]`: talks with a model through its chat template.</summary>
internal static class ChatVerb
{
    private static readonly Argument<string> _run = PathOption.Argument("run", "The folder of a run, or a Hugging Face model folder, of a model with a chat template.");
    private static readonly Argument<string?> _message = new("message") { Description = "What to say. Default: lines of standard input, each a turn of one conversation.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> _system = new("--system") { Description = "What the model is told before the conversation." };
    private static readonly Option<double?> _temperature = NumberOption.Optional<double>("--temperature", "Below 1 is more certain, above 1 more varied; 0 takes the likeliest token.");
    private static readonly Option<double?> _topP = NumberOption.Optional<double>("--top-p", "Draw from the likeliest tokens whose probabilities reach P; 1: all.");
    private static readonly Option<int?> _most = NumberOption.Optional<int>("--max-new-tokens", "Tokens of an answer at most.");
    private static readonly Option<ulong> _seed = NumberOption.WithDefault("--seed", "The same seed gives the same answers. Default: 0.", 0UL);
    private static readonly Option<bool> _json = new("--json") { Description = "Print one JSON object for each answer, instead of the text as it is written." };

    public static Command Create()
    {
        var verb = new Command("chat", "Talk with a model that was trained on conversations. Options not given are those of the run's recipe, or of the folder's generation_config.json.") { _run, _message, _system, _temperature, _topP, _most, _seed, _json };
        verb.WithExamples("""
            loquat chat runs/chat-alpaca "Name three colors."
            loquat chat runs/chat-alpaca --system "You are brief."
            echo "Name three colors." | loquat chat runs/chat-alpaca --json
            """);
        verb.SetAction(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new SamplingOptions();
        Asked(options).Validated();   // before anything is read
        using var model = TrainedModel.Load(parsed.GetValue(_run)!, cancellation: cancellation);
        using var client = model.AsChatClient(defaults: Asked(model.Defaults).Validated());
        await using var output = new StreamWriter(StandardOutput.Open(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        List<ChatMessage> messages = parsed.GetValue(_system) is { Length: > 0 } system ? [new(ChatRole.System, system)] : [];
        if (parsed.GetValue(_message) is { } message)
        {
            await Answer(client, messages, message, output, parsed.GetValue(_json), cancellation);
            return 0;
        }
        using var input = StandardInput.Reader("-");
        var shows = !Console.IsInputRedirected;
        if (shows) await Console.Error.WriteLineAsync("say something; an empty line, or the end of the input, ends the conversation");
        while (true)
        {
            if (shows) await Console.Error.WriteAsync("> ");
            if (await input.ReadLineAsync(cancellation) is not { Length: > 0 } line) return 0;
            await Answer(client, messages, line, output, parsed.GetValue(_json), cancellation);
        }

        SamplingOptions Asked(SamplingOptions defaults) => defaults with
        {
            Temperature = parsed.GetValue(_temperature) ?? defaults.Temperature,
            TopP = parsed.GetValue(_topP) ?? defaults.TopP,
            MaxNewTokens = parsed.GetValue(_most) ?? defaults.MaxNewTokens,
            MaxLength = parsed.GetValue(_most) is null ? defaults.MaxLength : null,
            Seed = parsed.GetValue(_seed),
        };
    }

    private static async Task Answer(CausalChatClient client, List<ChatMessage> messages, string message, StreamWriter output, bool json, CancellationToken cancellation)
    {
        messages.Add(new(ChatRole.User, message));
        List<ChatResponseUpdate> updates = [];
        await foreach (var update in client.GetStreamingResponseAsync(messages, cancellationToken: cancellation))
        {
            updates.Add(update);
            if (!json) await output.WriteAsync(update.Text);
        }
        var response = updates.ToChatResponse();
        messages.Add(new(ChatRole.Assistant, response.Text));
        await output.WriteLineAsync(json
            ? JsonSerializer.Serialize(new { message, answer = response.Text, finish_reason = response.FinishReason?.Value, prompt_tokens = response.Usage?.InputTokenCount, completion_tokens = response.Usage?.OutputTokenCount })
            : "");
    }
}
