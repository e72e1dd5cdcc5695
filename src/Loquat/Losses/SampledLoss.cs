using static TorchSharp.torch;

namespace Loquat.Losses;

/// <summary>Losses that look at the label and at a few drawn classes instead of all: for vocabularies whose softmax costs too much.</summary>
public static class SampledLoss
{
    // N labels, K classes drawn, E width

    // What a class that is the label itself scores among those drawn: so little that it counts for nothing.
    private const double Removed = -1e30;

    /// <summary>Softmax over the label and the classes drawn, each logit less log(K · its chance to be drawn) (Jean et al. 2015, section 3.1).</summary>
    /// <param name="hidden">(N, E).</param>
    /// <param name="embedding">(V, E): the projection to the classes.</param>
    /// <param name="labels">(N) int64.</param>
    /// <param name="negatives">(K) int64: classes drawn for all labels.</param>
    /// <param name="noise">(V): the probability of each class to be drawn.</param>
    /// <param name="removeHits">Whether a class drawn that is the label is left out for that label.</param>
    /// <returns>Each label's loss, (N).</returns>
    public static Tensor Softmax(Tensor hidden, Tensor embedding, Tensor labels, Tensor negatives, Tensor noise, bool removeHits = true)
    {
        using var scope = NewDisposeScope();
        var (label, drawn) = Logits(hidden, embedding, labels, negatives, noise);
        if (removeHits) drawn = drawn.masked_fill(labels.unsqueeze(1).eq(negatives.unsqueeze(0)), Removed);
        return (cat([label.unsqueeze(1), drawn], 1).logsumexp(1) - label).MoveToOuterDisposeScope();
    }

    /// <summary>Tells the label from noise: d = logit - log(K · chance), -log σ(d of the label) - Σ log σ(-d of those drawn) (Gutmann and Hyvärinen 2010; Mnih and Teh 2012).</summary>
    /// <inheritdoc cref="Softmax"/>
    public static Tensor NoiseContrastive(Tensor hidden, Tensor embedding, Tensor labels, Tensor negatives, Tensor noise) => Told(Logits(hidden, embedding, labels, negatives, noise));

    /// <summary>The same with the logits as they are: word2vec's negative sampling (Mikolov et al. 2013, equation 4).</summary>
    /// <inheritdoc cref="Softmax"/>
    public static Tensor NegativeSampling(Tensor hidden, Tensor embedding, Tensor labels, Tensor negatives) => Told(Logits(hidden, embedding, labels, negatives, null));

    private static Tensor Told((Tensor Label, Tensor Drawn) logits)
    {
        using var scope = NewDisposeScope();
        return (-nn.functional.logsigmoid(logits.Label) - nn.functional.logsigmoid(-logits.Drawn).sum(1)).MoveToOuterDisposeScope();
    }

    /// <summary>(N) of the labels, (N, K) of those drawn.</summary>
    private static (Tensor Label, Tensor Drawn) Logits(Tensor hidden, Tensor embedding, Tensor labels, Tensor negatives, Tensor? noise)
    {
        var label = (hidden * embedding.index_select(0, labels)).sum(1);
        var drawn = hidden.matmul(embedding.index_select(0, negatives).t());
        if (noise is null) return (label, drawn);
        var chance = (noise * negatives.shape[0]).log();
        return (label - chance.index_select(0, labels), drawn - chance.index_select(0, negatives));
    }
}
