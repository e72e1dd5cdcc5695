using Loquat.Evaluation;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Tests.Models;
using static TorchSharp.torch;

namespace Loquat.Tests.Evaluation;

/// <summary>Likelihoods by models that do not continue texts.</summary>
public sealed class OtherLikelihoodTests
{
    public static TheoryData<string?> EncoderDecoders => [.. EncoderDecoderFixture.All()];

    public static TheoryData<string?> Encoders => [.. EncoderFixture.All];

    [Theory, MemberData(nameof(EncoderDecoders))]
    public void An_encoder_decoder_scores_what_its_decoder_writes(string? name)
    {
        using var fixture = new EncoderDecoderFixture(name);
        var random = new Random(2);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(4, fixture.Model.Config.VocabSize - 1))];
        List<IReadOnlyList<LikelihoodRequest>> documents = [.. Enumerable.Range(1, 4).Select(i => (IReadOnlyList<LikelihoodRequest>)[.. Enumerable.Repeat(Draw(2 * i), 2).Select(context => new LikelihoodRequest(context, Draw(i)))])];
        using var scorer = new EncoderDecoderLikelihood(fixture.Model, documents);
        for (var i = 0; i < documents.Count; i++)
        {
            foreach (var (score, request) in scorer.Score(i).Zip(documents[i]))
            {
                using var ids = Row(request.Context);
                using var labels = Row(request.Continuation);
                score.LogProbability.Should().BeApproximately(-fixture.Model.Loss(new ModelBatch { InputIds = ids, Labels = labels }), 1e-4);
            }
            using var alone = new EncoderDecoderLikelihood(fixture.Model, [documents[i]]);
            alone.Score(0).Select(s => s.LogProbability).Should().Equal(scorer.Score(i).Select(s => s.LogProbability));
        }
    }

    [Theory, MemberData(nameof(Encoders))]
    public void A_masked_model_hides_each_token_in_turn(string? name)
    {
        using var fixture = new EncoderFixture(name);
        if (fixture.Model.Config.Head != HeadKind.MaskedLanguage) return; // of another head
        const int mask = 3;
        var request = new LikelihoodRequest([7, 8, 9], [10, 11, 12, 5]);
        using var scorer = new MaskedLikelihood(fixture.Model, mask, [1], [2], [[request]]);
        var score = scorer.Score(0)[0];
        int[] whole = [1, 7, 8, 9, 10, 11, 12, 5, 2];
        for (var i = 0; i < request.Continuation.Count; i++)
        {
            var hidden = (int[])whole.Clone();
            hidden[4 + i] = mask;
            using var ids = Row(hidden);
            using var labels = Row([.. whole.Select((id, at) => at == 4 + i ? id : -100)]);
            score.Tokens[i].Should().BeApproximately(-fixture.Model.Loss(new ModelBatch { InputIds = ids, Labels = labels }), 1e-4);
        }
    }

    private static Tensor Row(IReadOnlyList<int> ids) => tensor(ids.Select(id => (long)id).ToArray(), [1, ids.Count]);
}
