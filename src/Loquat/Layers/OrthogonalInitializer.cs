using System.Numerics;
using System.Runtime.InteropServices;
using Loquat.Native;

namespace Loquat.Layers;

/// <summary>A matrix with orthonormal rows or columns times a gain, from a normal one by Gram and Schmidt in float64. Each vector is reduced by itself, so that the number of threads changes no bit.</summary>
internal sealed record OrthogonalInitializer(long Rows, long Columns, double Gain) : Initializer
{
    internal override unsafe void Fill(float* values, long count, ulong seed)
    {
        Normal(1).Fill(values, count, seed);
        var (vectors, length) = Rows <= Columns ? (Rows, Columns) : (Columns, Rows);
        var wide = (double*)NativeMemory.Alloc((nuint)count, sizeof(double));
        try
        {
            for (long v = 0; v < vectors; v++)
                for (long i = 0; i < length; i++) wide[v * length + i] = values[At(v, i)];
            for (long v = 0; v < vectors; v++)
            {
                var present = wide + v * length;
                var norm = Math.Sqrt(Dot(present, present, (int)length));
                for (long i = 0; i < length; i++) present[i] /= norm;
                var body = new Reduction { Present = present, Length = (int)length };
                OpenMP.For(0, vectors - v - 1, Math.Max(1, 8192 / length), ref body);
            }
            for (long v = 0; v < vectors; v++)
                for (long i = 0; i < length; i++) values[At(v, i)] = (float)(wide[v * length + i] * Gain);
        }
        finally
        {
            NativeMemory.Free(wide);
        }
    }

    private long At(long vector, long element) => Rows <= Columns ? vector * Columns + element : element * Columns + vector;

    private static unsafe double Dot(double* a, double* b, int length)
    {
        var sum = Vector<double>.Zero;
        var i = 0;
        for (; i + Vector<double>.Count <= length; i += Vector<double>.Count) sum += Vector.Load(a + i) * Vector.Load(b + i);
        var total = Vector.Sum(sum);
        for (; i < length; i++) total += a[i] * b[i];
        return total;
    }

    /// <summary>Takes the present vector's part out of those after it.</summary>
    private unsafe struct Reduction : IRangeBody
    {
        public double* Present;
        public int Length;

        public readonly void Run(long begin, long end)
        {
            for (var v = begin; v < end; v++)
            {
                var later = Present + (v + 1) * Length;
                var part = Dot(Present, later, Length);
                var i = 0;
                for (; i + Vector<double>.Count <= Length; i += Vector<double>.Count) (Vector.Load(later + i) - Vector.Load(Present + i) * part).Store(later + i);
                for (; i < Length; i++) later[i] -= Present[i] * part;
            }
        }
    }
}
