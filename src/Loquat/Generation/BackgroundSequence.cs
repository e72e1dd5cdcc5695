using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Loquat.Generation;

/// <summary>
/// Runs a sequence that computes on a thread of its own and hands its items over as they come. One thread for the whole sequence: libtorch keeps a team of threads
/// for each thread that it is called from, so that one item on this thread of the pool and the next on that would make many.
/// </summary>
internal static class BackgroundSequence
{
    /// <summary>Items that may wait for a slow reader; then the sequence waits.</summary>
    private const int Waiting = 64;

    /// <param name="sequence">Given a token that is cancelled when the reader cancels or stops reading.</param>
    /// <exception cref="OperationCanceledException">Cancelled; also where the sequence only ended.</exception>
    public static async IAsyncEnumerable<T> Run<T>(Func<CancellationToken, IEnumerable<T>> sequence, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var items = Channel.CreateBounded<T>(new BoundedChannelOptions(Waiting) { SingleReader = true, SingleWriter = true });
        var work = Task.Factory.StartNew(() => Produce(sequence(stop.Token), items.Writer, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await foreach (var item in items.Reader.ReadAllAsync(cancellation).ConfigureAwait(false)) yield return item;
            cancellation.ThrowIfCancellationRequested();
        }
        finally
        {
            // A reader that leaves early does not leave the thread behind.
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
    }

    private static void Produce<T>(IEnumerable<T> sequence, ChannelWriter<T> items, CancellationToken stop)
    {
        Exception? fault = null;
        try
        {
            foreach (var item in sequence)
                if (!items.TryWrite(item)) items.WriteAsync(item, stop).AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The reader knows.
        }
        catch (Exception error)
        {
            fault = error;
        }
        items.Complete(fault);
    }
}
