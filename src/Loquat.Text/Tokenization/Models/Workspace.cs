using System.Collections.Concurrent;

namespace Loquat.Text.Tokenization.Models;

/// <summary>Buffers and the cache of one encoding thread; rented for one text and given back.</summary>
internal sealed class Workspace
{
    private int[] _ids = new int[1024];

    public int Count { get; private set; }

    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    public PieceCache Cache { get; } = new();

    /// <summary>Room that a model uses while it cuts.</summary>
    public int[] Symbols = new int[256];

    public byte[] Bytes = new byte[1024];

    public char[] Characters = new char[1024];

    public void Clear() => Count = 0;

    /// <summary>Takes back what was added since there were so many.</summary>
    public void Cut(int count) => Count = count;

    public void Add(int id)
    {
        if (Count == _ids.Length) Array.Resize(ref _ids, Count * 2);
        _ids[Count++] = id;
    }

    public void Add(ReadOnlySpan<int> ids)
    {
        if (_ids.Length - Count < ids.Length) Array.Resize(ref _ids, Math.Max(_ids.Length * 2, Count + ids.Length));
        ids.CopyTo(_ids.AsSpan(Count));
        Count += ids.Length;
    }

    public Span<int> SymbolsOf(int length)
    {
        if (Symbols.Length < length) Symbols = new int[Math.Max(length, Symbols.Length * 2)];
        return Symbols.AsSpan(0, length);
    }

    public Span<byte> BytesOf(int length)
    {
        if (Bytes.Length < length) Bytes = new byte[Math.Max(length, Bytes.Length * 2)];
        return Bytes.AsSpan(0, length);
    }

    public Span<char> CharactersOf(int length)
    {
        if (Characters.Length < length) Characters = new char[Math.Max(length, Characters.Length * 2)];
        return Characters.AsSpan(0, length);
    }
}

/// <summary>Workspaces of one tokenizer: as many as threads ever encoded at once.</summary>
internal sealed class WorkspacePool
{
    private readonly ConcurrentBag<Workspace> _free = [];
    private Workspace? _first;

    public Workspace Rent() => Interlocked.Exchange(ref _first, null) ?? (_free.TryTake(out var work) ? work : new Workspace());

    public void Return(Workspace work)
    {
        work.Clear();
        if (Interlocked.CompareExchange(ref _first, work, null) is not null) _free.Add(work);
    }
}
