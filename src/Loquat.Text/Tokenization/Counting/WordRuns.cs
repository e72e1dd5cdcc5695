using System.Runtime.InteropServices;
using System.Text;

namespace Loquat.Text.Tokenization.Counting;

/// <summary>Sorted runs of words and counts in temporary files that vanish when closed, and their merge.</summary>
internal sealed class WordRuns(string folder) : IDisposable
{
    private readonly List<FileStream> _files = [];
    private readonly Lock _gate = new();

    public int Count => _files.Count;

    /// <summary>Writes a table as a run and empties it. Any number of threads.</summary>
    /// <exception cref="MachineException">The disk takes no more.</exception>
    public void Write(WordTable table)
    {
        var file = Create();
        try
        {
            using (var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true)) table.VisitSorted((word, count) => Write(writer, word, count));
            file.Flush();
        }
        catch (IOException error)
        {
            throw Full(error);
        }
        table.Clear();
    }

    /// <summary>All runs as one, equal words added up.</summary>
    public WordCounts Merge(CancellationToken cancellation)
    {
        // Merged into a file first: only then are the sizes known, and memory holds the result once.
        var heads = _files.Select(file => new Head(file)).ToList();
        var queue = new PriorityQueue<Head, Head>(Comparer<Head>.Create((a, b) => a.Word.SequenceCompareTo(b.Word)));
        foreach (var head in heads)
            if (head.Next()) queue.Enqueue(head, head);
        var (words, bytes) = (0L, 0L);
        var merged = Create();
        try
        {
            using (var writer = new BinaryWriter(merged, Encoding.UTF8, leaveOpen: true))
            {
                var word = new List<byte>();
                while (queue.Count > 0)
                {
                    if (words % 65536 == 0) cancellation.ThrowIfCancellationRequested();
                    word.Clear();
                    word.AddRange(queue.Peek().Word);
                    var count = 0L;
                    while (queue.TryPeek(out var head, out _) && head.Word.SequenceEqual(CollectionsMarshal.AsSpan(word)))
                    {
                        count += head.Frequency;
                        queue.Dequeue();
                        if (head.Next()) queue.Enqueue(head, head);
                    }
                    Write(writer, CollectionsMarshal.AsSpan(word), count);
                    words++;
                    bytes += word.Count;
                }
            }
        }
        catch (IOException error)
        {
            throw Full(error);
        }
        var builder = new WordCounts.Builder(words, bytes);
        for (var result = new Head(merged); result.Next();) builder.Add(result.Word, result.Frequency);
        return builder.Build();
    }

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private FileStream Create()
    {
        var path = Path.Combine(folder, $"loquat-words-{Guid.NewGuid():N}");
        try
        {
            var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 18, FileOptions.DeleteOnClose);
            lock (_gate) _files.Add(file);
            return file;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Full(error);
        }
    }

    private MachineException Full(Exception error) =>
        new($"the temporary folder '{folder}' cannot take the counted words: {error.Message} Name a folder with more room, or raise max_memory.", error);

    private static void Write(BinaryWriter writer, ReadOnlySpan<byte> word, long count)
    {
        writer.Write7BitEncodedInt(word.Length);
        writer.Write(word);
        writer.Write7BitEncodedInt64(count);
    }

    /// <summary>The front of a run.</summary>
    private sealed class Head
    {
        private readonly FileStream _file;
        private readonly byte[] _buffer = new byte[1 << 18];
        private int _at;
        private int _end;
        private byte[] _word = new byte[64];
        private int _wordLength;

        public Head(FileStream file)
        {
            file.Position = 0;
            _file = file;
        }

        public ReadOnlySpan<byte> Word => _word.AsSpan(0, _wordLength);

        public long Frequency { get; private set; }

        public bool Next()
        {
            if (_at == _end && !Fill()) return false;
            _wordLength = (int)Number();
            if (_word.Length < _wordLength) _word = new byte[_wordLength * 2L > Array.MaxLength ? _wordLength : _wordLength * 2];
            for (var done = 0; done < _wordLength;)
            {
                if (_at == _end && !Fill()) throw new EndOfStreamException();
                var part = Math.Min(_end - _at, _wordLength - done);
                _buffer.AsSpan(_at, part).CopyTo(_word.AsSpan(done));
                (_at, done) = (_at + part, done + part);
            }
            Frequency = Number();
            return true;
        }

        private long Number()
        {
            var value = 0L;
            for (var shift = 0; ; shift += 7)
            {
                if (_at == _end && !Fill()) throw new EndOfStreamException();
                var part = _buffer[_at++];
                value |= (long)(part & 0x7F) << shift;
                if (part < 0x80) return value;
            }
        }

        private bool Fill()
        {
            (_at, _end) = (0, _file.Read(_buffer));
            return _end > 0;
        }
    }
}
