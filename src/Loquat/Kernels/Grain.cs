namespace Loquat.Kernels;

/// <summary>How much work one thread must get before starting another pays: about 10 µs of memory traffic.</summary>
internal static class Grain
{
    /// <summary>Elements of an elementwise kernel.</summary>
    public const long Elements = 16 * 1024;

    /// <summary>Rows of the given width that make one thread's least share.</summary>
    public static long Rows(long width) => Math.Max(1, Elements / Math.Max(1, width));
}
