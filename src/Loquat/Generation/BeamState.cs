namespace Loquat.Generation;

/// <summary>A text that beam search has found.</summary>
/// <param name="Ids">With the beginning, and the end token where one came.</param>
/// <param name="Score">Sum of the log-probabilities of what was written, divided by its length to the power of the length penalty.</param>
/// <param name="Finished">Whether it ended, by a token or the greatest length.</param>
internal sealed record Hypothesis(List<int> Ids, float Score, bool Finished);

/// <summary>
/// Follows the likeliest hypotheses of one text at once (Graves 2012; as the reference implementation does since version 5). At each step the best continuations of all are looked at; of the best
/// <c>num_beams</c> those that end are finished, and the best that do not end go on. With a temperature above 0, continuations are drawn instead of the best taken.
/// </summary>
internal sealed class BeamState
{
    // Far below any score, and as the reference has it: hypotheses that do not count are ordered by it.
    private const float Impossible = -1e9f;

    private readonly SamplingOptions _options;
    private readonly TextBounds _bounds;
    private readonly int _beams, _kept, _vocabulary;
    private readonly Sampler _sampler;
    private Hypothesis[] _running;
    private bool _improvable = true;
    private int _length;

    /// <param name="beginning">What every hypothesis begins with.</param>
    public BeamState(SamplingOptions options, TextBounds bounds, IReadOnlyList<int> beginning, int vocabulary)
    {
        (_options, _bounds, _beams, _vocabulary, _sampler, _length) = (options, bounds, options.NumBeams, vocabulary, new(options, bounds), bounds.Begun);
        _kept = (int)Math.Min((long)Math.Max(2, 1 + bounds.Ends.Count) * _beams, (long)_beams * vocabulary);
        _running = [.. Enumerable.Range(0, _beams).Select(beam => new Hypothesis([.. beginning], beam == 0 ? 0 : Impossible, false))];
        Finished = [.. Enumerable.Range(0, _beams).Select(_ => new Hypothesis([.. beginning], Impossible, false))];
        IsDone = _length >= bounds.MaxLength;
    }

    /// <summary>As many as there are beams, the best first.</summary>
    public IReadOnlyList<Hypothesis> Finished { get; private set; }

    public bool IsDone { get; private set; }

    private bool IsFirst => _length == _bounds.Begun;

    /// <summary>The hypotheses that are to be read next. At first all are alike, and one is read for all.</summary>
    public IEnumerable<List<int>> Texts => IsFirst ? [_running[0].Ids] : _running.Select(h => h.Ids);

    /// <summary>How many <see cref="Texts"/> there are.</summary>
    public int Rows => IsFirst ? 1 : _beams;

    /// <summary>One token more.</summary>
    /// <param name="logits">(rows, V): after each of <see cref="Texts"/>; changed.</param>
    /// <returns>Which of the rows read each hypothesis goes on from; none where it is done.</returns>
    public IReadOnlyList<int> Advance(Span<float> logits)
    {
        var rows = Rows;
        var candidates = Continuations(logits);
        var ends = candidates.Select(c => _bounds.Ends.Contains(c.Token) || _length + 1 >= _bounds.MaxLength).ToArray();
        var full = _options.EarlyStopping == EarlyStopping.True && Finished.All(h => h.Finished);
        var divisor = (float)Math.Pow(_length + 1 - _bounds.Begun, _options.LengthPenalty);
        var scored = Finished.Select((h, i) => (h.Score, Candidate: -1, Old: h)).ToList();
        for (var i = 0; i < candidates.Length; i++)
        {
            var score = candidates[i].Score / divisor;
            if (full) score += Impossible;
            if (!_improvable) score += Impossible;
            if (!ends[i] || i >= _beams) score += Impossible;
            scored.Add((score, i, null!));
        }
        var next = candidates.Select((c, i) => (Score: ends[i] ? c.Score + Impossible : c.Score, c.Beam, c.Token)).OrderByDescending(c => c.Score).Take(_beams).ToArray();
        Finished = [.. scored.OrderByDescending(s => s.Score).Take(_beams)
            .Select(s => s.Candidate < 0 ? s.Old : new Hypothesis([.. _running[candidates[s.Candidate].Beam].Ids, candidates[s.Candidate].Token], s.Score, ends[s.Candidate] && s.Candidate < _beams))];
        _running = [.. next.Select(c => new Hypothesis([.. _running[c.Beam].Ids, c.Token], c.Score, false))];
        _length++;
        _improvable = _improvable && CanImprove(_running[0].Score, _length - _bounds.Begun);
        IsDone = !_improvable || (_options.EarlyStopping == EarlyStopping.True && Finished.All(h => h.Finished)) || ends.All(end => end) || _length >= _bounds.MaxLength;
        return IsDone ? [] : [.. next.Select(c => rows == 1 ? 0 : c.Beam)];
    }

    private bool CanImprove(float best, int written)
    {
        var length = _options.EarlyStopping == EarlyStopping.Never && _options.LengthPenalty > 0 ? _bounds.MaxLength - _bounds.Begun : written;
        var possible = best / (float)Math.Pow(length, _options.LengthPenalty);
        var worst = Finished.Min(h => h.Score);
        return Finished.Any(h => possible > (h.Finished ? worst : Impossible));
    }

    /// <summary>What is looked at in a step, the best first; drawn ones as they were drawn.</summary>
    private (float Score, int Beam, int Token)[] Continuations(Span<float> logits)
    {
        var scores = new float[_beams * _vocabulary];
        for (var beam = 0; beam < _beams; beam++) logits.Slice(IsFirst ? 0 : beam * _vocabulary, _vocabulary).CopyTo(scores.AsSpan(beam * _vocabulary));
        for (var beam = 0; beam < _beams; beam++)
        {
            var row = scores.AsSpan(beam * _vocabulary, _vocabulary);
            LogSoftmax(row);
            var ids = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_running[beam].Ids);
            _sampler.Process(row, ids);
            foreach (ref var score in row) score += _running[beam].Score;
        }
        return [.. (_options.Temperature > 0 ? Drawn(scores) : (IEnumerable<int>)Best(scores)).Select(index => (scores[index], index / _vocabulary, index % _vocabulary))];
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
