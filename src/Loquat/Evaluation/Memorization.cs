using Loquat.Models;
using Loquat.Text.Datasets;

namespace Loquat.Evaluation;

/// <summary>How memorization is measured.</summary>
public sealed record MemorizationOptions
{
    /// <summary>Sequences drawn from a text. 1 or more. Default: 200.</summary>
    public int Sequences { get; init; } = 200;

    /// <summary>Tokens that must be continued word for word. 1 or more; half of what the model reads at most. Default: 50, as Carlini et al. take.</summary>
    public int Continuation { get; init; } = 50;

    /// <summary>Of the draw.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>Sequences with prompts of one length.</summary>
/// <param name="PromptTokens">The length.</param>
/// <param name="Continued">The share that the model continues word for word, always taking the likeliest token.</param>
/// <param name="Nats">The mean negative log-likelihood of a token of the continuations.</param>
public sealed record MemorizationRow(int PromptTokens, Estimate Continued, Estimate Nats);

/// <summary>
/// How much of a text a model knows by heart: the share of its sequences that it continues word for word, by length of prompt (Carlini et al. 2023, "Quantifying Memorization"). Held-out text shows how much of that can
/// be had without having read it.
/// </summary>
public static class Memorization
{
    private const int ShortestPrompt = 8;
    private const int MostTries = 50; // for each sequence, where documents are short

    /// <param name="token">The token at a place of the text.</param>
    /// <param name="count">Tokens of the text.</param>
    /// <param name="endOfText">The token that ends documents: sequences do not cross it. Null: there is none.</param>
    /// <returns>A row for each length of prompt: 8, 16, 32, … tokens, as long as the model reads them with the continuation. The sequences are the same for all.</returns>
    /// <exception cref="OptionsException">An option is out of its range.</exception>
    /// <exception cref="DataException">The text has no such sequence.</exception>
    public static IReadOnlyList<MemorizationRow> Of(
        CausalModel model, Func<long, int> token, long count, int? endOfText, MemorizationOptions options, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        if (options.Sequences < 1 || options.Continuation < 1) throw new OptionsException($"{options.Sequences} sequences of {options.Continuation} tokens cannot be continued; give 1 or more of each.");
        var continuation = Math.Min(options.Continuation, model.Config.ContextLength / 2);
        List<int> prompts = [.. Enumerable.Range(0, 20).Select(i => ShortestPrompt << i).TakeWhile(length => length > 0 && length + continuation <= model.Config.ContextLength + 1L && length <= 1024)];
        if (prompts.Count == 0) throw new OptionsException($"the model reads {model.Config.ContextLength} tokens: too few for a prompt of {ShortestPrompt} and {continuation} more.");
        var sequences = Draw(token, count, endOfText, prompts, continuation, options);
        var rows = new List<MemorizationRow>();
        foreach (var length in prompts)
        {
            // The same continuations behind longer prompts; a text that is too short for one has none of that length.
            List<IReadOnlyList<LikelihoodRequest>> documents = [.. sequences.Where(s => s.Room >= length).Select(s =>
                (IReadOnlyList<LikelihoodRequest>)[new(Tokens(token, s.Start - length, length), Tokens(token, s.Start, continuation))])];
            if (documents.Count == 0) break;
            using var scorer = new CausalLikelihood(model, documents);
            var scores = new List<LikelihoodScore>();
            foreach (var document in scorer.Order)
            {
                cancellation.ThrowIfCancellationRequested();
                scores.AddRange(scorer.Score(document));
                progress?.Invoke(rows.Count * sequences.Count + scores.Count, prompts.Count * sequences.Count);
            }
            rows.Add(new(length, Estimate.Mean([.. scores.Select(s => s.IsGreedy ? 1.0 : 0)]), Estimate.Mean([.. scores.Select(s => -s.LogProbability / s.Tokens.Count)])));
        }
        return rows;
    }

    /// <summary>Places of continuations, with how many tokens of the same document stand before each.</summary>
    private static List<(long Start, int Room)> Draw(Func<long, int> token, long count, int? endOfText, List<int> prompts, int continuation, MemorizationOptions options)
    {
        var places = count - continuation - prompts[0];
        var found = new List<(long, int)>();
        if (places > 0)
        {
            var order = new Permutation(places, options.Seed);
            for (var at = 0L; at < Math.Min(places, (long)options.Sequences * MostTries) && found.Count < options.Sequences; at++)
            {
                var start = order[at] + prompts[0];
                if (endOfText is { } end && Enumerable.Range(0, continuation).Any(i => token(start + i) == end)) continue;
                var room = 0;
                while (room < prompts[^1] && start - room - 1 >= 0 && token(start - room - 1) != endOfText) room++;
                if (room >= prompts[0]) found.Add((start, room));
            }
        }
        return found.Count > 0 ? found : throw new DataException($"the text has no stretch of {prompts[0] + continuation} tokens within a document to measure memorization on.");
    }

    private static int[] Tokens(Func<long, int> token, long start, int count) => [.. Enumerable.Range(0, count).Select(i => token(start + i))];
}
