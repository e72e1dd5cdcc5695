namespace Loquat.Text.Metrics;

/// <summary>Counts the n-grams of a hypothesis and of references, and those they share. For one thread.</summary>
/// <param name="maxOrder">The longest n-gram.</param>
internal sealed class NgramMatcher(int maxOrder)
{
    private readonly NgramTable _table = new();
    private int[] _mine = new int[1 << 10]; // how often the hypothesis has each n-gram
    private int[] _theirs = new int[1 << 10]; // and a reference
    private int[] _most = new int[1 << 10]; // the most that any reference has
    private int[] _row = new int[256];
    private int[] _tokens = new int[256];
    private int _known; // n-grams whose counts are cleared

    /// <summary>N-grams of the hypothesis by order: 0 for single tokens.</summary>
    public int[] Hypothesis { get; } = new int[maxOrder];

    /// <summary>N-grams of the last reference.</summary>
    public int[] Reference { get; } = new int[maxOrder];

    /// <summary>What the hypothesis shares with the last reference, each n-gram at most as often as either has it.</summary>
    public int[] Shared { get; } = new int[maxOrder];

    /// <summary>The same with all references since the hypothesis, each n-gram at most as often as any of them has it.</summary>
    public int[] SharedWithAny { get; } = new int[maxOrder];

    /// <summary>Begins with a hypothesis.</summary>
    public void Begin(ReadOnlySpan<int> tokens)
    {
        _table.Clear();
        _known = 0;
        Array.Clear(SharedWithAny);
        Visit(tokens, Hypothesis, (number, _) => _mine[number]++);
    }

    /// <summary>Compares with a reference.</summary>
    public void Compare(ReadOnlySpan<int> tokens)
    {
        Array.Clear(Shared);
        Array.Clear(_theirs, 0, _table.Count);
        Visit(tokens, Reference, (number, order) =>
        {
            var count = ++_theirs[number];
            if (count > _mine[number]) return;
            Shared[order]++;
            if (count <= _most[number]) return;
            _most[number] = count;
            SharedWithAny[order]++;
        });
    }

    private void Visit(ReadOnlySpan<int> tokens, int[] counts, Action<int, int> visit)
    {
        if (_row.Length < tokens.Length) (_row, _tokens) = (new int[tokens.Length * 2], new int[tokens.Length * 2]);
        for (var i = 0; i < tokens.Length; i++) _row[i] = _tokens[i] = _table.Token(tokens[i]);
        for (var order = 0; order < maxOrder; order++)
        {
            var count = counts[order] = Math.Max(0, tokens.Length - order);
            if (order > 0)
                for (var i = 0; i < count; i++) _row[i] = _table.Longer(_row[i], _tokens[i + order]);
            Clear();
            for (var i = 0; i < count; i++) visit(_row[i], order);
        }
    }

    private void Clear()
    {
        if (_mine.Length < _table.Count)
        {
            var size = Math.Max(_table.Count, _mine.Length * 2);
            Array.Resize(ref _mine, size);
            Array.Resize(ref _theirs, size);
            Array.Resize(ref _most, size);
        }
        _mine.AsSpan(_known.._table.Count).Clear();
        _theirs.AsSpan(_known.._table.Count).Clear();
        _most.AsSpan(_known.._table.Count).Clear();
        _known = _table.Count;
    }
}
