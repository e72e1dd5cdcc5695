using CsCheck;
using Loquat.Native;

namespace Loquat.Tests.Native;

public sealed unsafe class OpenMPTests
{
    [Fact]
    public void Every_index_is_visited_once() => Gen.Select(Gen.Int[-50, 50], Gen.Int[0, 3000], Gen.Int[1, 200]).Sample((begin, count, grain) =>
    {
        var visits = new int[Math.Max(1, count)];
        fixed (int* first = visits)
        {
            var body = new Count(first, begin);
            OpenMP.For(begin, begin + count, grain, ref body);
        }
        return visits.Take(count).All(v => v == 1);
    }, iter: 2_000);

    [Fact]
    public void An_empty_or_backward_range_runs_nothing()
    {
        var body = new Fail(0, long.MinValue);
        OpenMP.For(5, 5, 1, ref body);
        OpenMP.For(5, 4, 1, ref body);
    }

    [Fact]
    public void The_cut_is_the_same_each_time()
    {
        if (Libtorch.Threads < 2) return;
        var cuts = Enumerable.Range(0, 20).Select(_ =>
        {
            var marks = new int[1001];
            fixed (int* first = marks)
            {
                var body = new Mark(first);
                OpenMP.For(0, 1001, 1, ref body);
            }
            return string.Join(' ', Enumerable.Range(0, 1001).Where(i => marks[i] == 1));
        });
        cuts.Distinct().Should().ContainSingle().Which.Split(' ').Should().HaveCount(Libtorch.Threads);
    }

    [Fact]
    public void A_range_no_longer_than_the_grain_runs_on_the_callers_thread()
    {
        var body = new Caller(Environment.CurrentManagedThreadId);
        OpenMP.For(0, 100, 100, ref body);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    public void An_exception_in_any_part_reaches_the_caller_and_the_threads_live_on(long where)
    {
        var fail = new Fail(where, where);
        var run = () =>
        {
            var body = fail;
            OpenMP.For(0, 1000, 1, ref body);
        };
        run.Should().Throw<InvalidDataException>().WithMessage($"*{where}*");
        Every_index_is_visited_once();
    }

    [Fact]
    public void Callers_on_several_threads_and_calls_inside_calls_both_work()
    {
        var totals = new long[4];
        var threads = Enumerable.Range(0, 4).Select(i => new Thread(() =>
        {
            for (var round = 0; round < 50; round++)
            {
                long sum = 0;
                var body = new Nested(&sum);
                OpenMP.For(0, 64, 1, ref body);
                totals[i] += sum;
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        totals.Should().OnlyContain(t => t == 50 * 64 * 10);
    }

    [Fact]
    public void A_call_allocates_nothing()
    {
        var visits = stackalloc int[1000];
        var body = new Count(visits, 0);
        OpenMP.For(0, 1000, 1, ref body);
        var least = long.MaxValue;
        // A collection that another test causes counts the rest of this thread's buffer as allocated; a call that allocates does so every time.
        for (var round = 0; round < 5 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++) OpenMP.For(0, 1000, 1, ref body);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        least.Should().Be(0);
    }

    [Fact]
    public void A_grain_below_one_is_refused()
    {
        var run = () =>
        {
            var body = new Fail(0, 0);
            OpenMP.For(0, 1, 0, ref body);
        };
        run.Should().Throw<ArgumentOutOfRangeException>();
    }

    private readonly struct Count(int* visits, long origin) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i++) Interlocked.Increment(ref visits[i - origin]);
        }
    }

    private readonly struct Mark(int* marks) : IRangeBody
    {
        public void Run(long begin, long end) => marks[begin] = 1;
    }

    private readonly struct Caller(int thread) : IRangeBody
    {
        public void Run(long begin, long end) => Environment.CurrentManagedThreadId.Should().Be(thread);
    }

    private readonly struct Fail(long from, long to) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            if (begin <= to && from < end) throw new InvalidDataException($"index {from}");
        }
    }

    private readonly struct Nested(long* sum) : IRangeBody
    {
        public void Run(long begin, long end)
        {
            for (var i = begin; i < end; i++)
            {
                var inner = new Add(sum);
                OpenMP.For(0, 10, 1, ref inner);
            }
        }
    }

    private readonly struct Add(long* sum) : IRangeBody
    {
        public void Run(long begin, long end) => Interlocked.Add(ref *sum, end - begin);
    }
}
