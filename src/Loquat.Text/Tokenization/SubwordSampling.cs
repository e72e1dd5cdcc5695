using Loquat.Text.Randomness;
using Loquat.Text.Tokenization.Models;

namespace Loquat.Text.Tokenization;

/// <summary>
/// Subword regularization: a text is cut in another way each time it is read, so that a model learns that many sequences of tokens are one text. Names and
/// meanings are sentencepiece's.
/// </summary>
/// <remarks>Unigram: Kudo 2018, "Subword Regularization" (arXiv:1804.10959). BPE: Provilkov et al. 2020, "BPE-Dropout" (arXiv:1910.13267).</remarks>
public sealed record SubwordSampling
{
    /// <summary>The largest <see cref="NbestSize"/>.</summary>
    public const int MaxNbestSize = 512;

    /// <summary>Larger values draw the best way only, but for ties; the limit keeps sums over long texts exact enough.</summary>
    private const double MaxAlpha = 1e6;

    /// <summary>
    /// Unigram: a way to cut is drawn with a probability proportional to exp(alpha · its log probability). 0: each as likely as any other; 1: as the model says;
    /// large: the best only. At most 1,000,000.
    /// BPE: the probability of leaving a merge out. 0: as <see cref="Tokenizer.Encode(string, bool)"/> without dropout; 1: characters. Default: 0.1.
    /// </summary>
    public double Alpha { get; init; } = 0.1;

    /// <summary>
    /// Unigram: below 0, drawn from all ways to cut (forward filtering, backward sampling); 0 or 1, nothing is drawn; 2 to <see cref="MaxNbestSize"/>, drawn from so
    /// many best. BPE: below 0, or 0 or 1 for nothing drawn. Default: -1.
    /// </summary>
    public int NbestSize { get; init; } = -1;

    /// <summary>Whether nothing is drawn.</summary>
    internal bool IsOff => NbestSize is 0 or 1;

    /// <summary>
    /// Random numbers for one text of many. They depend on the seed and the text's place alone: texts may be taken by any threads in any order.
    /// Give each pass over the texts a seed or places of its own.
    /// </summary>
    public static Random RandomFor(ulong seed, long place) => new((int)(SplitMix64.Mix(SplitMix64.Mix(seed) ^ (ulong)place) >> 33));

    /// <summary>Whether a tokenizer can be sampled from with these options: what sampling itself asks first.</summary>
    /// <exception cref="OptionsException">Its model cannot be sampled from, or not so; all faults in one.</exception>
    public void CheckFor(Tokenizer tokenizer)
    {
        var model = tokenizer.Model;
        if (model.Sampling == SamplingMethod.None) throw CannotSample(model);
        var faults = new List<string>();
        var dropout = model.Sampling == SamplingMethod.MergeDropout;
        var most = dropout ? 1 : MaxAlpha;
        if (!(Alpha >= 0 && Alpha <= most))
            faults.Add($"alpha is {Alpha}; {(dropout ? "for BPE it is the probability of leaving a merge out, 0 to 1" : $"for Unigram it is 0 to {most:N0}")}.");
        if (NbestSize > MaxNbestSize) faults.Add($"nbest_size is {NbestSize}; at most {MaxNbestSize}, or -1 for all ways to cut.");
        else if (dropout && NbestSize > 1) faults.Add($"nbest_size is {NbestSize}; BPE has no probabilities to rank ways to cut by: use -1.");
        if (faults.Count > 0) throw new OptionsException(string.Join(" ", faults));
    }

    /// <exception cref="OptionsException">The model has no probabilities, or the size is out of range.</exception>
    internal static void CheckNbest(Tokenizer tokenizer, int size)
    {
        var model = tokenizer.Model;
        if (model.Sampling != SamplingMethod.Lattice)
            throw new OptionsException($"A {model.Type} model has no list of the best ways to cut a text: it gives them no probabilities. Unigram and sentencepiece's unigram have.");
        if (size is < 1 or > MaxNbestSize) throw new OptionsException($"nbest_size is {size}; 1 to {MaxNbestSize}.");
    }

    private static OptionsException CannotSample(TokenizerModel model) =>
        new($"A {model.Type} model cuts a text in one way only and cannot be sampled from. Those that can: Unigram, BPE, sentencepiece's unigram and bpe.");
}
