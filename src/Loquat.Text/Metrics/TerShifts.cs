namespace Loquat.Text.Metrics;

/// <summary>The edits from a hypothesis to one reference: shifts of words while they help, greedily, then insertions, deletions and substitutions. For one thread.</summary>
/// <remarks>The limits and the order of choices are Tercom's, which TER is defined by in practice.</remarks>
internal sealed class TerShifts(int[] reference)
{
    private const int LongestShift = 10, FarthestShift = 50, MostCandidates = 1000, Beam = 25, Unreached = int.MaxValue / 2;

    private enum Step : byte { None, Keep, Substitute, Delete, Insert }

    private (int Cost, Step Step)[][] _rows = []; // the distances of the words looked at last, row by row
    private int[] _words = [];
    private int _candidates;

    public int Edits(int[] hypothesis)
    {
        if (reference.Length == 0) return hypothesis.Length;
        var shifts = 0;
        while (BestShift(hypothesis) is { Gain: > 0 } shift && _candidates < MostCandidates)
        {
            hypothesis = shift.Words;
            shifts++;
        }
        return shifts + Distance(hypothesis);
    }

    private (int Gain, int[] Words)? BestShift(int[] hypothesis)
    {
        var before = Distance(hypothesis);
        var (target, wrongReference, wrongHypothesis) = Alignment(hypothesis);
        (int Gain, int Length, int Start, int Target) best = default;
        int[]? words = null;
        foreach (var (start, place, length) in CommonRuns(hypothesis))
        {
            if (!wrongHypothesis.AsSpan(start, length).Contains(true) || !wrongReference.AsSpan(place, length).Contains(true)) continue;
            if (target[place] >= start && target[place] < start + length) continue;
            var last = -1;
            for (var offset = -1; offset < length && place + offset < reference.Length; offset++)
            {
                var to = place + offset < 0 ? 0 : target[place + offset] + 1;
                if (to == last) continue;
                last = to;
                var shifted = Shifted(hypothesis, start, length, to);
                var candidate = (Gain: before - Distance(shifted), length, -start, -to);
                _candidates++;
                if (words is null || candidate.CompareTo(best) > 0) (best, words) = (candidate, shifted);
            }
            if (_candidates >= MostCandidates) break;
        }
        return words is null ? null : (best.Gain, words);
    }

    // Stretches that both have, each length of them; not too far apart.
    private IEnumerable<(int Start, int Place, int Length)> CommonRuns(int[] hypothesis)
    {
        for (var start = 0; start < hypothesis.Length; start++)
            for (var place = Math.Max(0, start - FarthestShift); place < reference.Length && place <= start + FarthestShift; place++)
                for (var length = 1; length <= LongestShift && start + length <= hypothesis.Length && place + length <= reference.Length && hypothesis[start + length - 1] == reference[place + length - 1]; length++)
                    yield return (start, place, length);
    }

    private static int[] Shifted(int[] words, int start, int length, int to)
    {
        var moved = words.AsSpan(start, length);
        return to < start ? [.. words[..to], .. moved, .. words[to..start], .. words[(start + length)..]]
            : to > start + length ? [.. words[..start], .. words[(start + length)..to], .. moved, .. words[to..]]
            : [.. words[..start], .. words[(start + length)..Math.Min(words.Length, length + to)], .. moved, .. words[Math.Min(words.Length, length + to)..]];
    }

    // For each word of the reference the word of the hypothesis at or before it, and which words of both are not kept.
    private (int[] Target, bool[] WrongReference, bool[] WrongHypothesis) Alignment(int[] hypothesis)
    {
        var (target, wrongReference, wrongHypothesis) = (new int[reference.Length], new bool[reference.Length], new bool[hypothesis.Length]);
        for (var (i, j) = (hypothesis.Length, reference.Length); i > 0 || j > 0;)
        {
            var step = _rows[i][j].Step;
            if (step == Step.Insert)
            {
                wrongReference[--j] = true;
                target[j] = i - 1;
            }
            else if (step == Step.Delete)
            {
                wrongHypothesis[--i] = true;
            }
            else
            {
                wrongHypothesis[--i] = wrongReference[--j] = step == Step.Substitute;
                target[j] = i;
            }
        }
        return (target, wrongReference, wrongHypothesis);
    }

    // Only a beam around the diagonal is looked at. Rows of words that are the same as the last time are kept.
    private int Distance(int[] words)
    {
        var kept = 0;
        if (_words.Length == words.Length && _rows.Length > 0) kept = words.AsSpan().CommonPrefixLength(_words);
        else _rows = [.. Enumerable.Range(0, words.Length + 1).Select(_ => new (int, Step)[reference.Length + 1])];
        _words = words;
        for (var j = 0; j <= reference.Length; j++) _rows[0][j] = (j, Step.Insert);
        var ratio = words.Length > 0 ? (double)reference.Length / words.Length : 1;
        var beam = Beam < ratio / 2 ? (int)Math.Ceiling(ratio / 2 + Beam) : Beam;
        for (var i = kept + 1; i <= words.Length; i++)
        {
            var (above, row) = (_rows[i - 1], _rows[i]);
            Array.Fill(row, (Unreached, Step.None));
            var diagonal = (int)Math.Floor(i * ratio);
            var end = i == words.Length ? reference.Length + 1 : Math.Min(reference.Length + 1, diagonal + beam);
            for (var j = Math.Max(0, diagonal - beam); j < end; j++)
            {
                if (j == 0)
                {
                    row[0] = (above[0].Cost + 1, Step.Delete);
                    continue;
                }
                var same = words[i - 1] == reference[j - 1];
                var best = (Cost: above[j - 1].Cost + (same ? 0 : 1), Step: same ? Step.Keep : Step.Substitute);
                if (above[j].Cost + 1 < best.Cost) best = (above[j].Cost + 1, Step.Delete);
                if (row[j - 1].Cost + 1 < best.Cost) best = (row[j - 1].Cost + 1, Step.Insert);
                row[j] = best;
            }
        }
        return _rows[words.Length][reference.Length].Cost;
    }
}
