using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Loquat.Native;

/// <summary>Work on a range of indices that may be cut anywhere and run on several threads at once.</summary>
public interface IRangeBody
{
    /// <param name="begin">First index.</param>
    /// <param name="end">After the last.</param>
    void Run(long begin, long end);
}

/// <summary>
/// Runs loops on libtorch's own threads. A second pool would fight with libtorch's, whose threads spin for a while after
/// each of its operators; where there is no GNU OpenMP beside libtorch, the range is cut for .NET's pool.
/// </summary>
public static unsafe class OpenMP
{
    private static readonly delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<Work*, void>, Work*, uint, uint, void> _parallel;
    private static readonly delegate* unmanaged[Cdecl]<int> _threadNumber;
    private static readonly delegate* unmanaged[Cdecl]<int> _teamSize;

    static OpenMP()
    {
        Libtorch.Initialize();
        if (Libtorch.OpenMPLibrary is not { } library) return;
        if (!NativeLibrary.TryGetExport(library, "omp_get_thread_num", out var number) || !NativeLibrary.TryGetExport(library, "omp_get_num_threads", out var size) ||
            !NativeLibrary.TryGetExport(library, "GOMP_parallel", out var parallel)) return;
        _threadNumber = (delegate* unmanaged[Cdecl]<int>)number;
        _teamSize = (delegate* unmanaged[Cdecl]<int>)size;
        _parallel = (delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<Work*, void>, Work*, uint, uint, void>)parallel;
    }

    /// <summary>Runs <paramref name="body"/> over [begin, end), cut into one contiguous part per thread.</summary>
    /// <param name="begin">First index.</param>
    /// <param name="end">After the last. Nothing runs where it is not above <paramref name="begin"/>.</param>
    /// <param name="grain">Fewest indices worth a thread of their own; at least 1. A range no longer than this runs on the caller's thread.</param>
    /// <param name="body">Shared by all threads. It must lie on the caller's stack (a local variable), since native frames hold its address.</param>
    /// <remarks>The cut depends on nothing but the range and the number of threads. The first exception thrown in a part is thrown again here.</remarks>
    public static void For<TBody>(long begin, long end, long grain, ref TBody body) where TBody : struct, IRangeBody
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grain, 1);
        if (end <= begin) return;
        var threads = (int)Math.Min(Libtorch.Threads, (end - begin - 1) / grain + 1);
        if (threads <= 1)
        {
            body.Run(begin, end);
            return;
        }
        // The body lives on the caller's stack, so its address holds.
        var work = new Work { Begin = begin, End = end, Body = Unsafe.AsPointer(ref body), Run = &Invoke<TBody> };
        if (_parallel != null) _parallel(&Part, &work, (uint)threads, 0);
        else RunOnPool(&work, threads);
        if (work.Fault == 0) return;
        var handle = GCHandle.FromIntPtr(work.Fault);
        var fault = (Exception)handle.Target!;
        handle.Free();
        ExceptionDispatchInfo.Throw(fault);
    }

    private static void Invoke<TBody>(void* body, long begin, long end) where TBody : struct, IRangeBody => Unsafe.AsRef<TBody>(body).Run(begin, end);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Part(Work* work) => work->RunPart(_threadNumber(), _teamSize());

    private static void RunOnPool(Work* work, int threads)
    {
        var address = (nint)work;
        Parallel.For(0, threads, i => ((Work*)address)->RunPart(i, threads));
    }

    private struct Work
    {
        public long Begin, End;
        public void* Body;
        public delegate* managed<void*, long, long, void> Run;
        public nint Fault;

        public void RunPart(int thread, int threads)
        {
            var count = End - Begin;
            var (first, last) = (Begin + count * thread / threads, Begin + count * (thread + 1) / threads);
            if (last <= first) return;
            try
            {
                Run(Body, first, last);
            }
            catch (Exception fault)
            {
                // An exception must not cross native frames: the first one is handed to the caller.
                var handle = GCHandle.ToIntPtr(GCHandle.Alloc(fault));
                if (Interlocked.CompareExchange(ref Fault, handle, 0) != 0) GCHandle.FromIntPtr(handle).Free();
            }
        }
    }
}
