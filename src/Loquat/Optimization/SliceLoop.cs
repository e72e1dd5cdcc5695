using Loquat.Native;

namespace Loquat.Optimization;

/// <summary>What is done to one slice. Slices are independent: threads take them in any order.</summary>
internal interface ISliceBody
{
    void Run(int index);
}

/// <summary>Runs a body over slices on libtorch's threads; allocates nothing.</summary>
internal static class SliceLoop
{
    public static void For<TBody>(int count, TBody body)
        where TBody : struct, ISliceBody
    {
        var range = new Range<TBody>(body);
        OpenMP.For(0, count, 1, ref range);
    }

    private readonly struct Range<TBody>(TBody body) : IRangeBody
        where TBody : struct, ISliceBody
    {
        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i++) body.Run((int)i);
        }
    }
}
