using System.Text.Json;
using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Tasks;
using static Loquat.Tests.Evaluation.LikelihoodFixture;

namespace Loquat.Tests.Evaluation;

/// <summary>Log-likelihoods and the numbers of tasks made of them, against lm-evaluation-harness: fixtures/metrics/likelihood_tasks.json.</summary>
public sealed class LikelihoodParityTests
{
    private static readonly string[] _accuracies = ["acc", "acc_norm", "acc_bytes", "acc_tokens"];

    [Fact]
    public void Multiple_choice()
    {
        using var fixture = new LikelihoodFixture(Placement.Exact);
        var json = Read("likelihood_tasks.json");
        List<JsonElement> given = [.. json.GetProperty("documents").EnumerateArray()];
        List<TaskDocument> documents = [.. given.Select((d, i) => new TaskDocument
        {
            Index = i,
            Requests = [.. d.GetProperty("choices").EnumerateArray().Select(c => (d.GetProperty("context").GetString()!, " " + c.GetProperty("text").GetString()))],
            Choices = [.. d.GetProperty("choices").EnumerateArray().Select(c => c.GetProperty("text").GetString()!)],
            Gold = d.GetProperty("gold").GetInt32(),
            Record = [],
        })];
        List<IReadOnlyList<LikelihoodRequest>> requests = [.. documents.Select(d => fixture.Tasks.Requests(d.Requests))];
        using var scorer = new CausalLikelihood(fixture.Model, requests);
        var scores = new List<TaskScore>();
        for (var i = 0; i < given.Count; i++)
        {
            var score = scorer.Score(i);
            foreach (var (choice, j) in given[i].GetProperty("choices").EnumerateArray().Select((c, j) => (c, j)))
            {
                var what = $"document {i}, choice {j}";
                requests[i][j].Context.Should().Equal(Ids(choice.GetProperty("context_tokens")), what);
                requests[i][j].Continuation.Should().Equal(Ids(choice.GetProperty("tokens")), what);
                foreach (var (value, expected) in score[j].Tokens.Zip(Numbers(choice.GetProperty("token_logprobs")))) ShouldBeNear(value, expected, what);
                ShouldBeNear(score[j].LogProbability, choice.GetProperty("logprob").GetDouble(), what);
                score[j].IsGreedy.Should().Be(choice.GetProperty("is_greedy").GetBoolean(), what);
            }
            scores.Add(new() { LogProbabilities = [.. score.Select(s => s.LogProbability)], Tokens = [.. score.Select(s => s.Tokens.Count)], Greedy = [.. score.Select(s => s.IsGreedy)] });
            foreach (var name in _accuracies) ChoiceMetrics.Chosen(name, documents[i], scores[i]).Should().Be(given[i].GetProperty("predictions").GetProperty(name).GetInt32(), $"{name} of document {i}");
        }
        var task = TaskFile.Parse($"name: fixture\nkind: multiple_choice\ndata: {{path: x.jsonl}}\nprompt: ''\nchoices: [a, b]\ngold: '0'\nmetrics: [{string.Join(", ", _accuracies)}]", "fixture");
        foreach (var metric in TaskMetrics.Of(task, documents, scores))
        {
            metric.Values.Should().Equal(Numbers(json.GetProperty("hits").GetProperty(metric.Name)));
            ShouldBeNear(metric.Estimate.Value, json.GetProperty("accuracy").GetProperty(metric.Name).GetProperty("mean").GetDouble(), metric.Name);
            ShouldBeNear(metric.Estimate.StandardError, json.GetProperty("accuracy").GetProperty(metric.Name).GetProperty("stderr").GetDouble(), metric.Name);
        }
        var pooled = json.GetProperty("pooled");
        ShouldBeNear(Estimate.PooledError(Numbers(pooled.GetProperty("stderrs")), Ids(pooled.GetProperty("sizes"))), pooled.GetProperty("pooled_stderr").GetDouble(), "pooled");
    }

    [Fact]
    public void Greedy_continuations()
    {
        using var fixture = new LikelihoodFixture(Placement.Exact);
        var json = Read("likelihood_tasks.json");
        List<JsonElement> given = [.. json.GetProperty("greedy").EnumerateArray()];
        var scores = fixture.Score(given.Select(g => new LikelihoodRequest(Ids(g.GetProperty("context_tokens")), Ids(g.GetProperty("tokens")))));
        foreach (var (score, expected) in scores.Zip(given))
        {
            foreach (var (value, token) in score.Tokens.Zip(Numbers(expected.GetProperty("token_logprobs")))) ShouldBeNear(value, token, "a token");
            score.IsGreedy.Should().Be(expected.GetProperty("is_greedy").GetBoolean());
        }
        var task = TaskFile.Parse("name: fixture\nkind: continuation\ndata: {path: x.jsonl}\nprompt: ''\ntarget: ''\nmetrics: [acc, perplexity]", "fixture");
        var metrics = TaskMetrics.Of(task, [], [.. scores.Select(s => new TaskScore { LogProbabilities = [s.LogProbability], Tokens = [s.Tokens.Count], Greedy = [s.IsGreedy] })]);
        foreach (var metric in metrics) ShouldBeNear(metric.Estimate.Value, json.GetProperty("greedy_summary").GetProperty(metric.Name).GetDouble(), metric.Name);
    }

    [Fact]
    public void Windows()
    {
        foreach (var given in Read("likelihood_tasks.json").GetProperty("window_function").EnumerateArray())
            Same([.. RollingWindows.Of(Ids(given.GetProperty("tokens")), given.GetProperty("prefix").GetInt32(), given.GetProperty("max_seq_len").GetInt32(), given.GetProperty("context_len").GetInt32())], given.GetProperty("disjoint"));
    }

    [Fact]
    public void Rolling_texts()
    {
        using var fixture = new LikelihoodFixture(Placement.Exact);
        var json = Read("likelihood_tasks.json");
        var documents = new List<TaskDocument>();
        var scores = new List<TaskScore>();
        foreach (var given in json.GetProperty("rolling").EnumerateArray())
        {
            var text = given.GetProperty("text").GetString()!;
            var requests = fixture.Tasks.Rolling(text);
            Same(requests, given.GetProperty("windows"));
            var score = fixture.Score(requests);
            ShouldBeNear(score.Sum(s => s.LogProbability), given.GetProperty("loglikelihood").GetDouble(), "the text");
            TaskMetrics.WordsOf(text).Should().Be(given.GetProperty("words").GetInt32());
            System.Text.Encoding.UTF8.GetByteCount(text).Should().Be(given.GetProperty("bytes").GetInt32());
            documents.Add(new() { Index = documents.Count, Requests = [("", text)], Record = [] });
            scores.Add(new() { LogProbabilities = [.. score.Select(s => s.LogProbability)], Tokens = [.. score.Select(s => s.Tokens.Count)] });
        }
        var task = TaskFile.Parse("name: fixture\nkind: perplexity\ndata: {path: x.txt}\ntext: '{{ text }}'", "fixture");
        foreach (var metric in TaskMetrics.Of(task, documents, scores)) ShouldBeNear(metric.Estimate.Value, json.GetProperty("rolling_summary").GetProperty(metric.Name).GetDouble(), metric.Name);
    }

    private static void Same(IReadOnlyList<LikelihoodRequest> requests, JsonElement windows)
    {
        requests.Count.Should().Be(windows.GetArrayLength());
        foreach (var (request, window) in requests.Zip(windows.EnumerateArray()))
        {
            request.Context.Should().Equal(Ids(window[0]));
            request.Continuation.Should().Equal(Ids(window[1]));
        }
    }
}
