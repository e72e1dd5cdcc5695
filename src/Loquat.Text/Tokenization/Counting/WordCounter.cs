using System.Runtime.ExceptionServices;

namespace Loquat.Text.Tokenization.Counting;

/// <summary>Counts on several threads, each with a table of its own; full tables become sorted runs on disk.</summary>
internal static class WordCounter
{
    public static WordCounts Count(TextSource source, WordSplitter splitter, WordCountOptions options)
    {
        using var runs = new WordRuns(options.TemporaryFolder);
        var tables = Enumerable.Range(0, options.Threads).Select(_ => new WordTable()).ToArray();
        var gate = new Lock();
        Exception? failure = null;
        var threads = tables.Skip(1).Select(table => new Thread(() => Work(table)) { IsBackground = true, Name = "word count" }).ToArray();
        foreach (var thread in threads) thread.Start();
        Work(tables[0]);
        foreach (var thread in threads) thread.Join();
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        return Merge(tables, runs, options.Cancellation);

        void Work(WordTable table)
        {
            try
            {
                var block = new TextBlock();
                // A thread's splitter may keep buffers.
                var own = splitter.ForThread();
                while (true)
                {
                    lock (gate)
                    {
                        options.Cancellation.ThrowIfCancellationRequested();
                        if (failure is not null || !source.Next(block)) return;
                        options.Progress?.Invoke(source.Read);
                    }
                    block.Visit(own, table);
                    if (table.Memory > options.MaxMemory / options.Threads) runs.Write(table);
                }
            }
            catch (Exception error)
            {
                lock (gate) failure ??= error;
            }
        }
    }

    private static WordCounts Merge(WordTable[] tables, WordRuns runs, CancellationToken cancellation)
    {
        if (runs.Count == 0)
        {
            foreach (var table in tables.AsSpan(1))
            {
                tables[0].Add(table);
                table.Clear();
            }
            return WordCounts.From(tables[0]);
        }
        foreach (var table in tables)
            if (table.Count > 0) runs.Write(table);
        return runs.Merge(cancellation);
    }
}
