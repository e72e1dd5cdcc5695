using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tests.Models;
using static TorchSharp.torch;

namespace Loquat.Tests.Evaluation;

/// <summary>What a document scores depends on nothing but the document, in every family; and reading what texts share once gives what reading each alone gives.</summary>
public sealed class LikelihoodLawTests
{
    public static TheoryData<string?> Families => [.. CausalFixture.Known()];

    [Theory, MemberData(nameof(Families))]
    public void Order_and_number_of_documents_change_no_bit(string? family)
    {
        using var fixture = new CausalFixture(family);
        foreach (var length in (int[])[0, 20])
        {
            var (documents, shared) = Documents(fixture.Config, seed: 7, length);
            var all = Scores(fixture.Model, documents, shared, order: i => i);
            Scores(fixture.Model, documents, shared, order: i => documents.Count - 1 - i).Should().BeEquivalentTo(all, options => options.WithStrictOrdering());
            for (var i = 0; i < documents.Count; i++) Scores(fixture.Model, [documents[i]], shared, order: at => at)[0].Should().Equal(all[i], $"of document {i} alone");
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void A_beginning_that_many_share_changes_nothing_but_the_time(string? family)
    {
        using var fixture = new CausalFixture(family);
        var (documents, shared) = Documents(fixture.Config, seed: 11, length: 20);
        // One that begins otherwise, as a question that is an example itself.
        documents[2] = [.. documents[2].Select(r => r with { Context = [.. r.Context.Skip(10)] })];
        var scores = Scores(fixture.Model, documents, shared, order: i => i);
        for (var i = 0; i < documents.Count; i++)
            foreach (var (score, request) in scores[i].Zip(documents[i])) score.Should().BeApproximately(Alone(fixture.Model, request), 2e-4, $"of document {i}");
    }

    [Fact]
    public void Long_texts_lose_their_beginning()
    {
        using var fixture = new LikelihoodFixture(Placement.Exact);
        var random = new Random(3);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(fixture.Model.Config.VocabSize))];
        var request = new LikelihoodRequest(Draw(200), Draw(9));
        var longest = fixture.Model.Config.ContextLength;
        var cut = new LikelihoodRequest([.. request.Context.Skip(request.Context.Count + 9 - 1 - longest)], request.Continuation);
        fixture.Score([request])[0].Tokens.Should().Equal(fixture.Score([cut])[0].Tokens);
        var tooLong = () => fixture.Score([new([1], Draw(longest + 1))]);
        tooLong.Should().Throw<OptionsException>().WithMessage($"*{longest + 1} tokens*{longest}*");
    }

    private static (List<IReadOnlyList<LikelihoodRequest>> Documents, int[] Shared) Documents(ModelConfig config, int seed, int length)
    {
        var random = new Random(seed);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(config.VocabSize))];
        var room = Math.Min(48, config.ContextLength);
        var prefix = Draw(Math.Min(length, room / 2));
        return ([.. Enumerable.Range(0, 6).Select(_ =>
        {
            int[] context = [.. prefix, .. Draw(random.Next(1, Math.Max(2, room - prefix.Length - 8)))];
            return (IReadOnlyList<LikelihoodRequest>)[.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => new LikelihoodRequest(context, Draw(random.Next(1, 7))))];
        })], prefix);
    }

    private static List<List<double>> Scores(CausalModel model, List<IReadOnlyList<LikelihoodRequest>> documents, int[] shared, Func<int, int> order)
    {
        using var scorer = new CausalLikelihood(model, documents, shared);
        var scores = new List<double>[documents.Count];
        for (var i = 0; i < documents.Count; i++) scores[order(i)] = [.. scorer.Score(order(i)).Select(s => s.LogProbability)];
        return [.. scores];
    }

    private static double Alone(CausalModel model, LikelihoodRequest request)
    {
        int[] all = [.. request.Context, .. request.Continuation];
        using var ids = tensor(all[..^1].Select(id => (long)id).ToArray(), [1, all.Length - 1]);
        using var labels = tensor(all[1..].Select((id, i) => i + 1 < request.Context.Count ? -100L : id).ToArray(), [1, all.Length - 1]);
        return -model.Loss(ids, labels, new ForwardContext());
    }
}
