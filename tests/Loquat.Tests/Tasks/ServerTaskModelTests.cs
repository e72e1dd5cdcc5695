using System.Net;
using System.Text.Json.Nodes;
using Loquat.Tasks;

namespace Loquat.Tests.Tasks;

/// <summary>A model behind OpenAI's completions; the server is a function.</summary>
public sealed class ServerTaskModelTests
{
    [Fact]
    public void It_writes_and_scores()
    {
        using var model = new ServerTaskModel("http://server/v1#tiny", new Server((path, body) =>
        {
            path.Should().Be("/v1/completions");
            body!["model"]!.GetValue<string>().Should().Be("tiny");
            if (body["echo"] is null) return new() { ["choices"] = new JsonArray(new JsonObject { ["text"] = $"after {body["prompt"]}" }) };
            // A token a character, and one that was written.
            var prompt = body["prompt"]!.GetValue<string>();
            JsonArray Each(Func<int, JsonNode?> value) => [.. Enumerable.Range(0, prompt.Length + 1).Select(value)];
            return new()
            {
                ["choices"] = new JsonArray(new JsonObject
                {
                    ["logprobs"] = new JsonObject
                    {
                        ["tokens"] = Each(i => i < prompt.Length ? prompt[i].ToString() : "!"),
                        ["text_offset"] = Each(i => i),
                        ["token_logprobs"] = Each(i => i == 0 ? null : -0.5 * i),
                        ["top_logprobs"] = Each(i => i == 0 ? null : new JsonObject { [i < prompt.Length && prompt[i] != 'z' ? prompt[i].ToString() : "y"] = -0.1 }),
                    },
                }),
            };
        }));
        model.Write("p", new(), 0, TestContext.Current.CancellationToken).Should().Be("after p");
        using var scorer = model.Scorer(TaskKind.MultipleChoice, [[("ab", " c"), ("ab", "z")]], "");
        var scores = scorer.Score(0, TestContext.Current.CancellationToken);
        scores[0].Should().Be(new TextScore(-0.5 * 2 - 0.5 * 3, 2, true));
        scores[1].Should().Be(new TextScore(-0.5 * 2, 1, false));
    }

    [Fact]
    public void A_server_that_fails_for_a_moment_is_asked_again_and_one_without_likelihoods_is_told()
    {
        var calls = 0;
        using var model = new ServerTaskModel("http://server/v1", new Server((path, _) => path.EndsWith("models", StringComparison.Ordinal) ? new() { ["data"] = new JsonArray(new JsonObject { ["id"] = "first" }) }
            : ++calls == 1 ? throw new HttpRequestException("busy", null, HttpStatusCode.ServiceUnavailable) : new() { ["choices"] = new JsonArray(new JsonObject { ["text"] = "x" }) }));
        model.Name.Should().Be("http://server/v1#first");
        model.Write("p", new(), 0, TestContext.Current.CancellationToken).Should().Be("x");
        calls.Should().Be(2);
        using var scorer = model.Scorer(TaskKind.MultipleChoice, [[("a", "b")]], "");
        var score = () => scorer.Score(0, TestContext.Current.CancellationToken);
        score.Should().Throw<DataException>().WithMessage("*does not give the log-probabilities*");
    }

    private sealed class Server(Func<string, JsonObject?, JsonObject> answer) : HttpMessageHandler
    {
        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            new(HttpStatusCode.OK) { Content = new StringContent(answer(request.RequestUri!.AbsolutePath, request.Content is null ? null : (JsonObject)JsonNode.Parse(request.Content.ReadAsStream(cancellationToken))!).ToJsonString()) };

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(Send(request, cancellationToken));
    }
}
