using System.Runtime.InteropServices;
using Loquat.Models;

namespace Loquat.Generation;

/// <summary>Tokens that a model wrote.</summary>
/// <param name="Ids">Without the prompt, the decoder's start, and the token that ended them.</param>
/// <param name="Score">Of beam search: the sum of their log-probabilities, the end token's included, divided by their number to the power of the length penalty. Null: of none.</param>
public sealed record GeneratedTokens(IReadOnlyList<int> Ids, double? Score);

/// <summary>
/// Continues token ids with a causal model, or writes others from them with an encoder-decoder, one token at a time, keeping the keys and values of what it has seen. Tensors never
/// leave a call: the sequence it yields is of plain numbers.
/// </summary>
public sealed class TokenGenerator
{
    private readonly Model _model;

    public TokenGenerator(CausalModel model) => _model = model;

    /// <param name="model">The prompt is what its encoder reads.</param>
    public TokenGenerator(EncoderDecoderModel model) => _model = model;

    internal TokenGenerator(Model model) => _model = model;

    /// <summary>Generates until an end token, the most tokens, or cancellation. With beams, the best hypothesis comes once all are finished.</summary>
    /// <param name="prompt">At least one id. Where it is longer than a causal model's context, its end counts.</param>
    /// <param name="options">How to choose; <see cref="SamplingOptions.StopSequences"/> are text and not looked at here.</param>
    /// <param name="cancellation">Ends the sequence between two tokens.</param>
    /// <returns>
    /// The new ids, without the end token. When the context of a causal model is full, generation goes on from the last half of it; beams and decoders end there.
    /// </returns>
    /// <exception cref="OptionsException">An option is out of its range, the prompt is empty, or an id is not in the vocabulary.</exception>
    public IEnumerable<int> Generate(IReadOnlyList<int> prompt, SamplingOptions options, CancellationToken cancellation = default)
    {
        options = options.Validated();
        CheckIds(prompt, options);
        return options.NumBeams > 1 ? Best(prompt, options, cancellation) : Tokens(prompt, options, cancellation);
    }

    /// <summary><see cref="SamplingOptions.NumReturnSequences"/> continuations: the best hypotheses of beams, or as many draws.</summary>
    /// <exception cref="OptionsException">As <see cref="Generate"/>.</exception>
    public IReadOnlyList<GeneratedTokens> GenerateMany(IReadOnlyList<int> prompt, SamplingOptions options, CancellationToken cancellation = default)
    {
        options = options.Validated();
        CheckIds(prompt, options);
        if (options.NumBeams > 1) return [.. Search(prompt, options, cancellation).Take(options.NumReturnSequences)];
        return [.. Enumerable.Range(0, options.NumReturnSequences).Select(i =>
            new GeneratedTokens([.. Tokens(prompt, options with { Seed = unchecked(options.Seed + (ulong)i) }, cancellation)], null))];
    }

    /// <summary>The most tokens that are written after a prompt.</summary>
    internal int Most(IReadOnlyList<int> prompt, SamplingOptions options)
    {
        var decodes = _model is EncoderDecoderModel;
        var bounds = Bounds(decodes ? 1 : prompt.Count, options, [], _model.Positions, decodes);
        return bounds.MaxLength - bounds.Begun;
    }

    private IEnumerable<int> Best(IReadOnlyList<int> prompt, SamplingOptions options, CancellationToken cancellation)
    {
        foreach (var id in Search(prompt, options, cancellation)[0].Ids) yield return id;
    }

    private List<GeneratedTokens> Search(IReadOnlyList<int> prompt, SamplingOptions options, CancellationToken cancellation)
    {
        using var source = NextTokens.Of(_model, prompt);
        var bounds = BoundsOf(source, options);
        return [.. BeamSearch.Run(source, options, bounds, cancellation)
            .Select(h => Written(h, bounds))];
    }

    private static GeneratedTokens Written(Hypothesis hypothesis, TextBounds bounds) => new([.. hypothesis.Ids.Skip(bounds.Begun).TakeWhile(id => !bounds.Ends.Contains(id))], hypothesis.Score);

    /// <summary>The best text for each of several prompts. An encoder-decoder with beams reads and writes them at once; the texts are those that each gives alone.</summary>
    /// <param name="prompts">As in <see cref="Generate"/>, as many as fit the memory: rows are filled up to the longest.</param>
    /// <exception cref="OptionsException">As <see cref="Generate"/>.</exception>
    public IReadOnlyList<GeneratedTokens> GenerateEach(IReadOnlyList<IReadOnlyList<int>> prompts, SamplingOptions options, CancellationToken cancellation = default)
    {
        options = options.Validated();
        foreach (var prompt in prompts) CheckIds(prompt, options);
        if (options.NumBeams == 1 || _model is not EncoderDecoderModel two || prompts.Count == 0)
            return [.. prompts.Select(prompt => options.NumBeams > 1 ? Search(prompt, options, cancellation)[0] : new GeneratedTokens([.. Tokens(prompt, options, cancellation)], null))];
        using var source = new DecodedTokens(two, prompts);
        TextBounds[] bounds = [.. prompts.Select(prompt => Bounds(source.Beginning.Count, options, [.. prompt], source.Positions, decodes: true))];
        BeamState[] states = [.. bounds.Select(each => new BeamState(options, each, source.Beginning, source.Vocabulary))];
        BeamSearch.Run(source, states, cancellation);
        return [.. states.Select((state, i) => Written(state.Finished[0], bounds[i]))];
    }

    private IEnumerable<int> Tokens(IReadOnlyList<int> prompt, SamplingOptions options, CancellationToken cancellation)
    {
        using var source = NextTokens.Of(_model, prompt);
        var bounds = BoundsOf(source, options);
        var sampler = new Sampler(options, bounds);
        List<int> ids = [.. source.Beginning];
        List<int>[] texts = [ids];
        var logits = new float[source.Vocabulary];
        while (ids.Count < bounds.MaxLength && !cancellation.IsCancellationRequested)
        {
            source.Read(texts, logits);
            var next = sampler.Next(logits, CollectionsMarshal.AsSpan(ids));
            if (bounds.Ends.Contains(next)) yield break;
            ids.Add(next);
            yield return next;
        }
    }

    private static TextBounds BoundsOf(NextTokens source, SamplingOptions options) => Bounds(source.Beginning.Count, options, source.Source, source.Positions, source is DecodedTokens);

    private static TextBounds Bounds(int begun, SamplingOptions options, int[] source, int positions, bool decodes)
    {
        var most = Math.Min((long)begun + options.MaxNewTokens, options.MaxLength ?? int.MaxValue);
        if (decodes || options.NumBeams > 1) most = Math.Min(most, positions);
        return new(begun, (int)Math.Max(begun, most), options.EosTokenIds, source);
    }

    private void CheckIds(IReadOnlyList<int> prompt, SamplingOptions options)
    {
        NextTokens.Check(_model, prompt);
        var vocabulary = _model.Config is EncoderDecoderConfig two ? two.DecoderVocabularySize : _model.Config.VocabSize;
        IEnumerable<(string Name, IEnumerable<int> Ids)> named =
        [
            ("eos_token_id", options.EosTokenIds), ("bad_words_ids", options.BadWordsIds.SelectMany(word => word)), ("suppress_tokens", options.SuppressTokens),
            ("begin_suppress_tokens", options.BeginSuppressTokens), ("forced_bos_token_id", options.ForcedBosTokenId is { } first ? [first] : []), ("forced_eos_token_id", options.ForcedEosTokenIds),
            ("sequence_bias", options.SequenceBias.SelectMany(bias => bias.Ids)),
        ];
        foreach (var (name, ids) in named)
            foreach (var id in ids)
                if (id < 0 || (id >= vocabulary && name != "eos_token_id")) throw new OptionsException($"{name} names token {id}; the model's vocabulary is 0 to {vocabulary - 1}.");
    }
}
