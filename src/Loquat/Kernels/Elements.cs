using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Loquat.Kernels;

/// <summary>A stored number type that kernels read into, and write from, eight float32 lanes. All arithmetic is float32.</summary>
internal unsafe interface IElement<T> where T : unmanaged
{
    static abstract Vector256<float> Load(T* source);

    static abstract void Store(T* target, Vector256<float> value);
}

internal readonly unsafe struct Single32 : IElement<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* target, Vector256<float> value) => value.Store(target);
}

/// <summary>bfloat16: the upper half of a float32, rounded to nearest even on the way out.</summary>
internal readonly unsafe struct Brain16 : IElement<ushort>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ushort* source) => Avx2.IsSupported
        ? (Avx2.ConvertToVector256Int32(source) << 16).AsSingle()
        : (Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ushort* target, Vector256<float> value)
    {
        var bits = value.AsUInt32();
        var rounded = (bits + Vector256.Create(0x7FFFu) + ((bits >>> 16) & Vector256.Create(1u))) >>> 16;
        rounded = Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, Vector256.Create(0x7FC0u));
        Vector256.Narrow(rounded, rounded).GetLower().Store(target);
    }
}

/// <summary>Lanes: vector access with a tail. A row whose length is not a multiple of 8 goes through a padded copy.</summary>
internal static unsafe class Lanes
{
    public const int Count = 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load<T, TElement>(T* source, long remaining) where T : unmanaged where TElement : IElement<T> =>
        remaining >= Count ? TElement.Load(source) : LoadTail<T, TElement>(source, remaining);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T, TElement>(T* target, Vector256<float> value, long remaining) where T : unmanaged where TElement : IElement<T>
    {
        if (remaining >= Count) TElement.Store(target, value);
        else StoreTail<T, TElement>(target, value, remaining);
    }

    // Apart, because stack memory would keep the whole methods from being inlined into the loops.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector256<float> LoadTail<T, TElement>(T* source, long remaining) where T : unmanaged where TElement : IElement<T>
    {
        var padded = stackalloc T[Count];
        for (var i = 0; i < Count; i++) padded[i] = i < remaining ? source[i] : default;
        return TElement.Load(padded);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreTail<T, TElement>(T* target, Vector256<float> value, long remaining) where T : unmanaged where TElement : IElement<T>
    {
        var padded = stackalloc T[Count];
        TElement.Store(padded, value);
        for (var i = 0; i < remaining; i++) target[i] = padded[i];
    }

    /// <summary>Lane mask of a tail: true below <paramref name="remaining"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Mask(long remaining) =>
        Vector256.LessThan(Vector256<int>.Indices, Vector256.Create((int)Math.Min(remaining, Count))).AsSingle();
}
