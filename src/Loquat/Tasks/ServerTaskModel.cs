using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Loquat.Tasks;

/// <summary>
/// A model behind a server that speaks OpenAI's completions: it writes, and where the server gives the log-probabilities of a prompt (`echo` with `logprobs`), it scores. The server's tokenizer decides what
/// a token is.
/// </summary>
public sealed class ServerTaskModel : ITaskModel, IDisposable
{
    private const int Attempts = 4;

    private readonly HttpClient _client;
    private readonly Uri _completions;
    private readonly string _model;

    /// <param name="address">Where `completions` is, such as `http://localhost:8080/v1`; the name of a model may stand behind `#`, else the server's first is taken.</param>
    /// <param name="handler">What carries requests; null: the network.</param>
    /// <param name="key">Sent as a bearer token; null: none.</param>
    /// <exception cref="OptionsException">The address is none.</exception>
    /// <exception cref="DataException">The server does not answer.</exception>
    public ServerTaskModel(string address, HttpMessageHandler? handler = null, string? key = null)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")) throw new OptionsException($"{address} is no address of a server; write it as http://localhost:8080/v1.");
        var root = uri.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _client = handler is null ? new HttpClient() : new HttpClient(handler);
        _client.Timeout = TimeSpan.FromMinutes(10);
        if (key is not null) _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _completions = new Uri($"{root}/completions");
        _model = uri.Fragment.Length > 1 ? Uri.UnescapeDataString(uri.Fragment[1..])
            : (Ask(new HttpRequestMessage(HttpMethod.Get, $"{root}/models"), default)["data"] as JsonArray)?[0]?["id"]?.GetValue<string>() ?? throw new DataException($"{root}/models names no model; write one behind the address: {root}#name.");
        Name = $"{root}#{_model}";
    }

    public string Name { get; }

    public string Fingerprint => Name;

    public IReadOnlyList<TaskKind> Kinds { get; } = [TaskKind.MultipleChoice, TaskKind.Continuation, TaskKind.Generation];

    /// <inheritdoc/>
    public ITaskScorer Scorer(TaskKind kind, IReadOnlyList<IReadOnlyList<(string Context, string Continuation)>> documents, string shared) => new Echoes(this, documents);

    /// <inheritdoc/>
    public string Write(string prompt, TaskGeneration generation, int sample, CancellationToken cancellation)
    {
        var body = new JsonObject { ["model"] = _model, ["prompt"] = prompt, ["max_tokens"] = generation.MaxNewTokens, ["temperature"] = generation.Temperature, ["top_p"] = generation.TopP, ["seed"] = generation.Seed + (ulong)sample };
        if (generation.Stop.Count > 0) body["stop"] = new JsonArray([.. generation.Stop.Select(s => (JsonNode)s)]);
        return Choice(Post(body, cancellation))["text"]?.GetValue<string>() ?? throw new DataException($"{_completions}: the answer has no text.");
    }

    public void Dispose() => _client.Dispose();

    private TextScore Score(string context, string continuation, CancellationToken cancellation)
    {
        var answer = Choice(Post(new JsonObject { ["model"] = _model, ["prompt"] = context + continuation, ["max_tokens"] = 1, ["temperature"] = 0, ["logprobs"] = 1, ["echo"] = true }, cancellation));
        if (answer["logprobs"] is not JsonObject logs || logs["token_logprobs"] is not JsonArray values || logs["text_offset"] is not JsonArray offsets || logs["tokens"] is not JsonArray tokens || values.Count < 2 || values[0] is not null)
            throw new DataException($"{_completions}: the server does not give the log-probabilities of a prompt (echo with logprobs), by which texts are scored. Ask it generation tasks, such as gsm8k.");
        var (sum, count, greedy) = (0.0, 0, true);
        var length = context.EnumerateRunes().Count();
        var end = (context + continuation).EnumerateRunes().Count();
        for (var i = 1; i < values.Count; i++)
        {
            // The last token is the one that had to be written.
            if (offsets[i]!.GetValue<int>() is var at && (at < length || at >= end) || values[i] is null) continue;
            sum += values[i]!.GetValue<double>();
            count++;
            if (logs["top_logprobs"] is JsonArray top && top[i] is JsonObject best && best.Count > 0 && best.MaxBy(b => b.Value!.GetValue<double>()).Key != tokens[i]!.GetValue<string>()) greedy = false;
        }
        return count > 0 ? new(sum, count, greedy) : throw new DataException($"{_completions}: no token of '{continuation}' is in the answer.");
    }

    private JsonObject Choice(JsonObject answer) => (answer["choices"] as JsonArray)?[0] as JsonObject ?? throw new DataException($"{_completions}: the answer has no choices.");

    private JsonObject Post(JsonObject body, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return Ask(new HttpRequestMessage(HttpMethod.Post, _completions) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") }, cancellation);
            }
            catch (DataException error) when (attempt < Attempts && error.InnerException is HttpRequestException { StatusCode: null or System.Net.HttpStatusCode.TooManyRequests or >= System.Net.HttpStatusCode.InternalServerError })
            {
                cancellation.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(250 << attempt));
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private JsonObject Ask(HttpRequestMessage request, CancellationToken cancellation)
    {
        using (request)
        {
            try
            {
                using var response = _client.Send(request, cancellation);
                using var reader = new StreamReader(response.Content.ReadAsStream(cancellation));
                var text = reader.ReadToEnd();
                if (!response.IsSuccessStatusCode) throw new HttpRequestException($"it answers {(int)response.StatusCode}: {text[..Math.Min(text.Length, 300)]}", null, response.StatusCode);
                return JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is no object.");
            }
            catch (Exception error) when (error is HttpRequestException or JsonException or IOException)
            {
                throw new DataException($"{request.RequestUri}: the server cannot be asked: {error.Message}", error);
            }
        }
    }

    private sealed class Echoes(ServerTaskModel model, IReadOnlyList<IReadOnlyList<(string Context, string Continuation)>> documents) : ITaskScorer
    {
        public IReadOnlyList<int> Order { get; } = [.. Enumerable.Range(0, documents.Count)];

        public IReadOnlyList<TextScore> Score(int document, CancellationToken cancellation) => [.. documents[document].Select(pair => model.Score(pair.Context, pair.Continuation, cancellation))];

        public void Dispose()
        {
        }
    }
}
