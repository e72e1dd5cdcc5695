using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization;

public sealed partial class Tokenizer
{
    private const int StreamBlock = 1 << 16; // characters
    private const int TextsOfRange = 64;

    /// <summary>Encodes texts on all threads; the order is kept, and padding to the longest is over the whole batch.</summary>
    /// <param name="threads">Default: one for each processor.</param>
    public IReadOnlyList<TokenEncoding> EncodeBatch(IReadOnlyList<string> texts, bool addSpecialTokens = true, int? threads = null) =>
        EncodeBatch([.. texts.Select(t => (t, (string?)null))], addSpecialTokens, threads);

    /// <summary>The same for pairs; a second text may be null.</summary>
    public IReadOnlyList<TokenEncoding> EncodeBatch(IReadOnlyList<(string Text, string? Pair)> texts, bool addSpecialTokens = true, int? threads = null)
    {
        var rows = new TokenRows[texts.Count];
        ForRanges(texts.Count, threads, (from, to) =>
        {
            for (var i = from; i < to; i++) rows[i] = EncodeUnpadded(texts[i].Text, texts[i].Pair, addSpecialTokens);
        });
        Components.Padding?.Pad(rows);
        return Array.ConvertAll(rows, row => new TokenEncoding(row));
    }

    /// <summary>Ids of texts on all threads; the order is kept.</summary>
    public IReadOnlyList<List<int>> EncodeIdsBatch(IReadOnlyList<string> texts, int? threads = null)
    {
        var ids = new List<int>[texts.Count];
        ForRanges(texts.Count, threads, (from, to) =>
        {
            var work = _workspaces.Rent();
            try
            {
                for (var i = from; i < to; i++)
                {
                    work.Clear();
                    EncodeIds(texts[i], work);
                    ids[i] = [.. work.Ids];
                }
            }
            finally
            {
                _workspaces.Return(work);
            }
        });
        return ids;
    }

    /// <summary>Texts of ids on all threads; the order is kept.</summary>
    public IReadOnlyList<string> DecodeBatch(IReadOnlyList<IReadOnlyList<int>> ids, bool skipSpecialTokens = true, int? threads = null)
    {
        var texts = new string[ids.Count];
        ForRanges(ids.Count, threads, (from, to) =>
        {
            for (var i = from; i < to; i++) texts[i] = Decode(ids[i], skipSpecialTokens);
        });
        return texts;
    }

    /// <summary>Ids of texts as they come, one list a text, in order. Memory does not grow with their number.</summary>
    public async IAsyncEnumerable<List<int>> EncodeIdsAsync(IAsyncEnumerable<string> texts, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var text in texts.WithCancellation(cancellation).ConfigureAwait(false)) yield return EncodeIds(text);
    }

    /// <summary>
    /// Ids of the UTF-8 text of a stream, line by line: each line is a text with its line end, so that memory does not grow with the text. Bytes that are not UTF-8 are read as U+FFFD.
    /// </summary>
    public async IAsyncEnumerable<List<int>> EncodeIdsAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var reader = new StreamReader(stream, System.Text.Encoding.UTF8, detectEncodingFromByteOrderMarks: false, StreamBlock, leaveOpen: true);
        var block = new char[StreamBlock];
        var line = new System.Text.StringBuilder();
        int count;
        while ((count = await reader.ReadAsync(block, cancellation).ConfigureAwait(false)) > 0)
        {
            for (int from = 0, length; from < count; from += length)
            {
                var end = Array.IndexOf(block, '\n', from, count - from);
                length = (end < 0 ? count : end + 1) - from;
                line.Append(block, from, length);
                if (end < 0) continue;
                yield return EncodeIds(line.ToString());
                line.Clear();
            }
        }
        if (line.Length > 0) yield return EncodeIds(line.ToString());
    }

    // Ranges of a few texts, taken by the threads as they come free.
    private static void ForRanges(int count, int? threads, Action<int, int> action)
    {
        if (threads is < 1) throw new OptionsException($"threads is {threads}; at least 1 is needed.");
        var most = threads ?? Environment.ProcessorCount;
        if (most == 1 || count < 2)
        {
            action(0, count);
            return;
        }
        try
        {
            Parallel.ForEach(Partitioner.Create(0, count, Math.Clamp(count / (4 * most), 1, TextsOfRange)), new ParallelOptions { MaxDegreeOfParallelism = most }, range => action(range.Item1, range.Item2));
        }
        catch (AggregateException error) when (error.InnerException is LoquatException inner)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(inner);
        }
    }
}
