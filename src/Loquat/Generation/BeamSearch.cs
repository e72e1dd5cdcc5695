namespace Loquat.Generation;

/// <summary>A text that beam search has found.</summary>
/// <param name="Ids">With the beginning, and the end token where one came.</param>
/// <param name="Score">Sum of the log-probabilities of what was written, divided by its length to the power of the length penalty.</param>
/// <param name="Finished">Whether it ended, by a token or the greatest length.</param>
internal sealed record Hypothesis(List<int> Ids, float Score, bool Finished);

/// <summary>
/// Follows the likeliest hypotheses at once (Graves 2012; as the reference implementation does since version 5). At each step the best continuations of all are looked at; of the best
/// <c>num_beams</c> those that end are finished, and the best that do not end go on. With a temperature above 0, continuations are drawn instead of the best taken.
/// </summary>
internal sealed class BeamSearch(NextTokens model, SamplingOptions options, TextBounds bounds)
{
    // Far below any score, and as the reference has it: hypotheses that do not count are ordered by it.
    private const float Impossible = -1e9f;

    private readonly int _beams = options.NumBeams;
    private readonly int _kept = (int)Math.Min((long)Math.Max(2, 1 + bounds.Ends.Count) * options.NumBeams, (long)options.NumBeams * model.Vocabulary);
    private readonly Sampler _sampler = new(options, bounds);

    /// <returns>As many as there are beams, the best first.</returns>
    public IReadOnlyList<Hypothesis> Run(CancellationToken cancellation = default)
    {
        var begun = bounds.Begun;
        var running = Enumerable.Range(0, _beams).Select(beam => new Hypothesis([.. model.Beginning], beam == 0 ? 0 : Impossible, false)).ToArray();
        var finished = Enumerable.Range(0, _beams).Select(_ => new Hypothesis([.. model.Beginning], Impossible, false)).ToArray();
        var improvable = true;
        for (var length = begun; length < bounds.MaxLength && !cancellation.IsCancellationRequested;)
        {
            var candidates = Continuations(running, first: length == begun);
            var ends = candidates.Select(c => bounds.Ends.Contains(c.Token) || length + 1 >= bounds.MaxLength).ToArray();
            var full = options.EarlyStopping == EarlyStopping.True && finished.All(h => h.Finished);
            var divisor = (float)Math.Pow(length + 1 - begun, options.LengthPenalty);
            var scored = finished.Select((h, i) => (h.Score, Candidate: -1, Old: h)).ToList();
            for (var i = 0; i < candidates.Length; i++)
            {
                var score = candidates[i].Score / divisor;
                if (full) score += Impossible;
                if (!improvable) score += Impossible;
                if (!ends[i] || i >= _beams) score += Impossible;
                scored.Add((score, i, null!));
            }
            var next = candidates.Select((c, i) => (Score: ends[i] ? c.Score + Impossible : c.Score, c.Beam, c.Token)).OrderByDescending(c => c.Score).Take(_beams).ToArray();
            finished = [.. scored.OrderByDescending(s => s.Score).Take(_beams)
                .Select(s => s.Candidate < 0 ? s.Old : new Hypothesis([.. running[candidates[s.Candidate].Beam].Ids, candidates[s.Candidate].Token], s.Score, ends[s.Candidate] && s.Candidate < _beams))];
            running = [.. next.Select(c => new Hypothesis([.. running[c.Beam].Ids, c.Token], c.Score, false))];
            length++;
            improvable = improvable && CanImprove(running[0].Score, finished, length - begun);
            if (!improvable || (options.EarlyStopping == EarlyStopping.True && finished.All(h => h.Finished)) || ends.All(end => end)) break;
            model.Reorder([.. next.Select(c => (long)c.Beam)]);
        }
        return finished;
    }

    private bool CanImprove(float best, Hypothesis[] finished, int written)
    {
        var length = options.EarlyStopping == EarlyStopping.Never && options.LengthPenalty > 0 ? bounds.MaxLength - bounds.Begun : written;
        var possible = best / (float)Math.Pow(length, options.LengthPenalty);
        var worst = finished.Min(h => h.Score);
        return finished.Any(h => possible > (h.Finished ? worst : Impossible));
    }

    /// <summary>What is looked at in a step, the best first; drawn ones as they were drawn.</summary>
    private (float Score, int Beam, int Token)[] Continuations(Hypothesis[] running, bool first)
    {
        var vocabulary = model.Vocabulary;
        var scores = new float[_beams * vocabulary];
        if (first)
        {
            // All are alike: one is read, and is what the others go on from.
            model.Read([running[0].Ids], scores.AsSpan(0, vocabulary));
            for (var beam = 1; beam < _beams; beam++) scores.AsSpan(0, vocabulary).CopyTo(scores.AsSpan(beam * vocabulary));
            model.Reorder(new long[_beams]);
        }
        else
        {
            model.Read([.. running.Select(h => h.Ids)], scores);
        }
        for (var beam = 0; beam < _beams; beam++)
        {
            var row = scores.AsSpan(beam * vocabulary, vocabulary);
            LogSoftmax(row);
            var ids = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(running[beam].Ids);
            _sampler.Process(row, ids);
            foreach (ref var score in row) score += running[beam].Score;
        }
        return [.. (options.Temperature > 0 ? Drawn(scores) : (IEnumerable<int>)Best(scores)).Select(index => (scores[index], index / vocabulary, index % vocabulary))];
    }

    private int[] Best(float[] scores)
    {
        var heap = new PriorityQueue<int, (float, int)>(_kept + 1);
        for (var i = 0; i < scores.Length; i++)
        {
            if (heap.Count < _kept) heap.Enqueue(i, (scores[i], -i));
            else if (heap.TryPeek(out _, out var least) && scores[i] > least.Item1) heap.EnqueueDequeue(i, (scores[i], -i));
        }
        var best = new int[heap.Count];
        for (var at = best.Length - 1; at >= 0; at--) best[at] = heap.Dequeue();
        return best;
    }

    /// <summary>Without putting back. Where fewer can be drawn than are looked at, the best of the rest follow.</summary>
    private List<int> Drawn(float[] scores)
    {
        var left = (float[])scores.Clone();
        var drawn = new List<int>();
        while (drawn.Count < _kept && LogitsProcessing.Max(left) > float.NegativeInfinity)
        {
            drawn.Add(_sampler.Draw(left));
            left[drawn[^1]] = float.NegativeInfinity;
        }
        if (drawn.Count < _kept) drawn.AddRange(Best(scores).Except(drawn).Take(_kept - drawn.Count));
        return drawn;
    }

    private static void LogSoftmax(Span<float> logits)
    {
        var max = LogitsProcessing.Max(logits);
        if (!float.IsFinite(max)) LogitsProcessing.ArgMax(logits);   // says what is wrong
        var log = Math.Log(LogitsProcessing.SumOfExponentials(logits, max));
        foreach (ref var logit in logits) logit = (float)(logit - (double)max - log);
    }
}
