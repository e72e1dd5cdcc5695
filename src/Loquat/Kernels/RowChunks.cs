using System.Runtime.Intrinsics;
using Loquat.Native;

namespace Loquat.Kernels;

/// <summary>
/// A cut of N rows that depends on N alone: each chunk leaves its sum over rows, and the sums are added in order. So a reduction
/// over rows has the same bits for any number of threads.
/// </summary>
internal readonly unsafe struct RowChunks(long rows)
{
    private const long MostChunks = 32;
    private const long FewestRows = 16;

    public long Rows { get; } = rows;

    public long Size { get; } = Math.Max(FewestRows, (rows + MostChunks - 1) / MostChunks);

    public long Count => (Rows + Size - 1) / Size;

    public long End(long chunk) => Math.Min(Rows, (chunk + 1) * Size);

    /// <summary>Chunks of the given width that make one thread's least share.</summary>
    public long Grain(long width) => Math.Max(1, Kernels.Grain.Elements / Math.Max(1, Size * width));

    /// <summary>target (+)= Σ chunks.</summary>
    /// <param name="partials">(chunks, width).</param>
    public void Sum(float* partials, long stride, float* target, long width, bool add)
    {
        for (long i = 0; i < width; i += Lanes.Count)
        {
            var left = width - i;
            var sum = add ? Lanes.Load<float, Single32>(target + i, left) : Vector256<float>.Zero;
            for (long chunk = 0; chunk < Count; chunk++) sum += Lanes.Load<float, Single32>(partials + chunk * stride + i, left);
            Lanes.Store<float, Single32>(target + i, sum, left);
        }
    }
}

/// <summary>Sums over the rows of a matrix, one chunk of rows at a time: the gradient of a bias.</summary>
internal unsafe struct ColumnSumKernel<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
{
    public T* X;                // (N, E)
    public float* Partials;     // (chunks, E)
    public RowChunks Chunks;
    public long Width;

    public void Run(long begin, long end)
    {
        for (var chunk = begin; chunk < end; chunk++)
        {
            var partial = Partials + chunk * Width;
            new Span<float>(partial, (int)Width).Clear();
            for (var row = chunk * Chunks.Size; row < Chunks.End(chunk); row++)
            {
                var x = X + row * Width;
                for (long i = 0; i < Width; i += Lanes.Count)
                    Lanes.Store<float, Single32>(partial + i, Lanes.Load<float, Single32>(partial + i, Width - i) + Lanes.Load<T, TElement>(x + i, Width - i), Width - i);
            }
        }
    }
}

/// <summary>y = x + bias, or the bias alone in every row: what a product is then added to.</summary>
internal unsafe struct BiasKernel<T, TElement> : IRangeBody where T : unmanaged where TElement : IElement<T>
{
    public T* X, Y;             // (N, E); X null: zeros
    public float* Bias;         // (E)
    public long Width;

    public void Run(long begin, long end)
    {
        for (var row = begin; row < end; row++)
        {
            for (long i = 0; i < Width; i += Lanes.Count)
            {
                var value = Lanes.Load<float, Single32>(Bias + i, Width - i);
                if (X != null) value += Lanes.Load<T, TElement>(X + row * Width + i, Width - i);
                Lanes.Store<T, TElement>(Y + row * Width + i, value, Width - i);
            }
        }
    }
}
