using Loquat.Models;
using Loquat.Text.Datasets;

namespace Loquat.Objectives;

/// <summary>Preferences in a file of tokens, as rows of a batch.</summary>
internal sealed class PreferencePairs
{
    private readonly ConversationShard _shard;
    private readonly List<(int Item, (int Start, int Length) Chosen, (int Start, int Length) Rejected)> _pairs = [];
    private readonly int _limit;
    private readonly bool _mismatched;

    /// <param name="limit">Tokens in a row.</param>
    /// <param name="mismatched">Whether each pair has a third row: its question with the preferred answer to the next, by which KTO tells how far the model is from the reference.</param>
    /// <exception cref="DataException">No pair has both its answers inside a row.</exception>
    public PreferencePairs(TokenShard shard, int limit, TruncationMode mode, bool mismatched)
    {
        (_shard, _limit, _mismatched) = (new ConversationShard(shard, 2), limit, mismatched);
        for (var item = 0; item < _shard.Count; item++)
        {
            var (first, second) = (_shard.Length(item, 0), _shard.Length(item, 1));
            if (Math.Max(first, second) > limit) Longer++;
            if (ConversationPlan.Cut(first, limit, mode) is not { } chosen || ConversationPlan.Cut(second, limit, mode) is not { } rejected) continue;
            if (Answers(item, 0, chosen) && Answers(item, 1, rejected)) _pairs.Add((item, chosen, rejected));
            else WithoutAnswer++;
        }
        if (_pairs.Count == 0) throw new DataException($"{shard.Path}: none of its {_shard.Count} pairs has both answers inside the {limit} tokens of training.context_length. Raise it, or set objective.truncation_mode to keep_end.");
    }

    public int Count => _pairs.Count;

    /// <summary>Pairs in the file.</summary>
    public int All => _shard.Count;

    public int Longer { get; }

    public int WithoutAnswer { get; }

    /// <summary>Rows of a pair.</summary>
    public int Versions => _mismatched ? 3 : 2;

    public IReadOnlyList<(long First, long Second)> Lengths => [.. _pairs.Select(pair => ((long)Math.Max(pair.Chosen.Length, pair.Rejected.Length), (long)Math.Min(pair.Chosen.Length, pair.Rejected.Length)))];

    /// <summary>A batch: the preferred answers, then the others, then the mismatched ones; labels are of the answers that differ.</summary>
    /// <param name="references">The reference's log-probability of a row: pair, version.</param>
    public TokenBatch Batch(IReadOnlyList<int> chosen, long filler, Func<int, int, double> references)
    {
        List<(long[] Ids, long[] Learned)> rows = [];
        for (var version = 0; version < Versions; version++) rows.AddRange(chosen.Select(pair => Row(pair, version)));
        var length = rows.Max(row => row.Ids.Length);
        var (ids, labels, mask) = (new long[rows.Count * length], new long[rows.Count * length], new long[rows.Count * length]);
        Array.Fill(ids, filler);
        Array.Fill(labels, ModelBatch.Ignored);
        foreach (var (row, (tokens, learned)) in rows.Index())
        {
            for (var t = 0; t < tokens.Length; t++)
            {
                (ids[row * length + t], mask[row * length + t]) = (tokens[t], 1);
                if (t + 1 < tokens.Length && learned[t + 1] == 1) labels[row * length + t] = tokens[t + 1];
            }
        }
        return new(rows.Count, length)
        {
            InputIds = ids,
            Labels = labels,
            AttentionMask = mask.Contains(0) ? mask : null,
            References = [.. Enumerable.Range(0, Versions).SelectMany(version => chosen.Select(pair => references(pair, version)))],
        };
    }

    private (long[] Ids, long[] Learned) Row(int pair, int version)
    {
        var (item, chosen, rejected) = _pairs[pair];
        if (version < 2)
        {
            var cut = version == 0 ? chosen : rejected;
            return (_shard.Ids(item, version, cut.Start, cut.Length), _shard.Learned(item, version, cut.Start, cut.Length));
        }
        var (own, other) = (Row(pair, 0), Row((pair + 1) % _pairs.Count, 0));
        long[] question = [.. own.Ids[..First(own.Learned)]];
        var from = First(other.Learned);
        var answer = other.Ids.Skip(from).Where((_, t) => other.Learned[from + t] == 1).ToArray();
        var room = Math.Max(1, _limit - answer.Length);
        if (question.Length > room) question = question[^room..];
        long[] ids = [.. question, .. answer];
        return (ids.Length > _limit ? ids[.._limit] : ids, [.. ids.Take(_limit).Select((_, t) => t < question.Length ? 0L : 1L)]);
    }

    private static int First(long[] learned) => Math.Max(1, Array.IndexOf(learned, 1));

    private bool Answers(int item, int version, (int Start, int Length) cut) => _shard.Learned(item, version, cut.Start, cut.Length).AsSpan(1).Contains(1);
}
