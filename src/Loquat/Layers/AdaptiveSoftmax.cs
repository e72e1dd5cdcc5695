using Loquat.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>
/// A softmax over a vocabulary in order of frequency that spends little on rare tokens (Grave et al. 2017): a head over the frequent ones and one entry for each cluster of the others,
/// and a narrower projection for each cluster, which only the positions whose token lies there go through. As torch.nn.AdaptiveLogSoftmaxWithLoss has it.
/// </summary>
/// <param name="Cutoffs">Where clusters begin, and the number of tokens at the end.</param>
/// <param name="Head">(first cutoff + clusters, E).</param>
/// <param name="Tails">For each cluster (E_i, E) and (tokens of it, E_i).</param>
internal sealed record AdaptiveSoftmax(IReadOnlyList<int> Cutoffs, Affine Head, IReadOnlyList<(Parameter Down, Parameter Up)> Tails)
{
    // N positions, E width, V tokens

    /// <summary>The width through which a cluster's tokens are computed.</summary>
    public static int TailWidth(int width, double divisor, int cluster) => (int)(width / Math.Pow(divisor, cluster + 1));

    /// <param name="x">(…, E).</param>
    /// <returns>(…, V): log-probabilities of all tokens.</returns>
    public Tensor LogProbabilities(Tensor x)
    {
        var head = Head.Apply(x).to(ScalarType.Float32).log_softmax(-1);
        List<Tensor> parts = [head.narrow(-1, 0, Cutoffs[0])];
        for (var i = 0; i < Tails.Count; i++)
            parts.Add(Tail(x, i).log_softmax(-1) + head.narrow(-1, Cutoffs[0] + i, 1));
        return cat(parts, -1);
    }

    private Tensor Tail(Tensor x, int cluster) => Linear.Apply(Linear.Apply(x, Tails[cluster].Down.Value), Tails[cluster].Up.Value).to(ScalarType.Float32);

    /// <summary>The log-probability of each label, with autograd.</summary>
    /// <param name="x">(N, E).</param>
    /// <param name="labels">(N) int64, tokens all.</param>
    /// <returns>(N).</returns>
    public Tensor LogProbabilities(Tensor x, Tensor labels)
    {
        var head = Head.Apply(x).to(ScalarType.Float32).log_softmax(-1);
        var entry = labels.clone();                                                     // (N): of the head
        List<(Tensor Rows, Tensor Values)> tails = [];
        for (var i = 0; i < Tails.Count; i++)
        {
            var rows = labels.ge(Cutoffs[i]).logical_and(labels.lt(Cutoffs[i + 1])).nonzero().view(-1);
            if (rows.shape[0] == 0) continue;
            entry.index_fill_(0, rows, Cutoffs[0] + i);
            var tail = Tail(x.index_select(0, rows), i).log_softmax(-1);
            tails.Add((rows, tail.gather(1, (labels.index_select(0, rows) - Cutoffs[i]).unsqueeze(1)).squeeze(1)));
        }
        var result = head.gather(1, entry.unsqueeze(1)).squeeze(1);
        foreach (var (rows, values) in tails) result = result.index_add(0, rows, values, 1);
        return result;
    }

    /// <summary>As <see cref="VocabularyHead.CrossEntropy"/>, in chunks of positions.</summary>
    /// <exception cref="OptionsException">The loss is to be smoothed or weighted: that needs the logits of all tokens.</exception>
    public double CrossEntropy(Tensor hidden, Tensor labels, double scale, Tensor? gradient, double[]? losses, LossOptions? options = null, long[]? likeliest = null)
    {
        if (options is { IsPlain: false })
            throw new OptionsException("an adaptive softmax (adaptive_softmax_cutoffs) has a plain cross-entropy: label smoothing, z-loss and weights of classes need the logits of all tokens. Leave out one of the two.");
        const long chunk = 4096;
        gradient?.zero_();
        var sum = 0.0;
        for (long first = 0; first < hidden.shape[0]; first += chunk)
        {
            using var scope = NewDisposeScope();
            if (likeliest is not null)
            {
                using var off = no_grad();
                LogProbabilities(hidden.narrow(0, first, Math.Min(chunk, hidden.shape[0] - first))).argmax(1).cpu().data<long>().CopyTo(likeliest.AsSpan((int)first));
            }
            var part = labels.narrow(0, first, Math.Min(chunk, hidden.shape[0] - first));
            var rows = part.ge(0).nonzero().view(-1);
            if (rows.shape[0] == 0) continue;
            var places = rows + first;
            using var guard = gradient is null ? no_grad() : enable_grad();
            var x = hidden.detach().index_select(0, places).requires_grad_(gradient is not null);
            var loss = -LogProbabilities(x, part.index_select(0, rows));
            var (values, at) = (loss.detach().to(ScalarType.Float64).cpu().data<double>().ToArray(), places.cpu().data<long>().ToArray());
            for (var i = 0; i < values.Length; i++)
            {
                sum += values[i];
                if (losses is not null) losses[at[i]] = values[i];
            }
            if (gradient is null) continue;
            loss.backward([full_like(loss, scale)]);
            using var still = no_grad();
            gradient.index_copy_(0, places, x.grad!.to(gradient.dtype));
        }
        return sum;
    }
}
