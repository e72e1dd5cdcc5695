using System.Text;

namespace Loquat.Text.Tokenization.Counting;

/// <summary>How texts are counted.</summary>
public sealed record WordCountOptions
{
    /// <summary>Threads that cut and count. Default: one a processor. The result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Bytes that the tables may hold before they are written to <see cref="TemporaryFolder"/> as sorted runs, which are merged at the end;
    /// the result is the same. Default: 1 GiB. At least 1 MiB.
    /// </summary>
    public long MaxMemory { get; init; } = 1L << 30;

    /// <summary>Where sorted runs are kept for the time of the count. Default: the system's folder for temporary files.</summary>
    public string TemporaryFolder { get; init; } = Path.GetTempPath();

    /// <summary>Called now and then with the bytes (of strings: UTF-16 units) read so far, from any of the threads, one at a time.</summary>
    public Action<long>? Progress { get; init; }

    public CancellationToken Cancellation { get; init; }

    internal WordCountOptions Validated()
    {
        if (Threads < 1) throw new OptionsException($"threads is {Threads}; at least one thread must count.");
        if (MaxMemory < 1 << 20) throw new OptionsException($"max_memory is {MaxMemory} bytes; the least is {1 << 20} (1 MiB).");
        if (!Directory.Exists(TemporaryFolder)) throw new OptionsException($"the temporary folder '{TemporaryFolder}' does not exist.");
        return this;
    }
}

/// <summary>
/// The distinct words of a corpus with their 64-bit counts: all that a trainer needs to know of the text. Sorted by bytes, so that neither the
/// order of the texts nor the number of threads shows. Immutable; any number of threads may read it.
/// </summary>
public sealed class WordCounts
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly long[] _counts;

    internal WordCounts(byte[] bytes, int[] starts, long[] counts) => (_bytes, _starts, _counts) = (bytes, starts, counts);

    /// <summary>Counts the words of texts, each cut on its own.</summary>
    /// <exception cref="DataException">The distinct words need more than 2 GiB.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public static WordCounts Of(IEnumerable<string> texts, WordSplitter splitter, WordCountOptions? options = null)
    {
        using var source = new StringSource(texts);
        return WordCounter.Count(source, splitter, (options ?? new()).Validated());
    }

    /// <summary>
    /// Counts the words of UTF-8 text, each line with its line end cut on its own, as Hugging Face reads files. Bytes that are not UTF-8 count as
    /// U+FFFD; a line longer than 64 MiB is cut there.
    /// </summary>
    /// <inheritdoc cref="Of"/>
    public static WordCounts Read(Stream utf8, WordSplitter splitter, WordCountOptions? options = null)
    {
        return WordCounter.Count(new StreamSource(utf8), splitter, (options ?? new()).Validated());
    }

    /// <summary>Words whose counts are known; equal words add up, counts below one are left out.</summary>
    public static WordCounts From(IEnumerable<KeyValuePair<string, long>> words)
    {
        var table = new WordTable();
        foreach (var (word, count) in words)
            if (count > 0) table.Add(Encoding.UTF8.GetBytes(word), count);
        return From(table);
    }

    /// <summary>Distinct words.</summary>
    public int Count => _counts.Length;

    /// <summary>UTF-8 bytes of the distinct words.</summary>
    public int Bytes => _bytes.Length;

    /// <summary>A word's UTF-8 bytes.</summary>
    public ReadOnlySpan<byte> Word(int index) => _bytes.AsSpan(_starts[index], _starts[index + 1] - _starts[index]);

    /// <summary>How often a word came, 1 or more.</summary>
    public long Frequency(int index) => _counts[index];

    internal static WordCounts From(WordTable table)
    {
        var builder = new Builder(table.Count, table.TotalBytes());
        table.VisitSorted(builder.Add);
        return builder.Build();
    }

    /// <summary>Takes words in the order of their bytes.</summary>
    internal sealed class Builder
    {
        private readonly byte[] _bytes;
        private readonly int[] _starts;
        private readonly long[] _counts;
        private int _next;

        public Builder(long words, long bytes)
        {
            if (bytes > Array.MaxLength || words >= Array.MaxLength)
                throw new DataException($"the text has {words} distinct words of {bytes} bytes; training holds at most {Array.MaxLength} bytes. Give less text, or a pre-tokenizer that cuts it into shorter words.");
            (_bytes, _starts, _counts) = (new byte[bytes], new int[words + 1], new long[words]);
        }

        public void Add(ReadOnlySpan<byte> word, long count)
        {
            word.CopyTo(_bytes.AsSpan(_starts[_next]));
            _counts[_next] = count;
            _starts[_next + 1] = _starts[_next] + word.Length;
            _next++;
        }

        public WordCounts Build() => new(_bytes, _starts, _counts);
    }
}
