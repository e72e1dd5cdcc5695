using System.Buffers;
using System.Text;
using Loquat.Text.Collection.Stories.Grammar;

namespace Loquat.Text.Collection.Stories;

/// <summary>
/// An endless corpus of short stories whose entropy is known exactly. The same seed gives the same bytes on every platform; each story
/// depends on the seed and its index alone, so any part of the corpus can be made without the rest. Safe to share between threads.
/// </summary>
public sealed class StoryCorpus(ulong seed)
{
    /// <summary>The line between two stories in a plain text file.</summary>
    public const string SeparatorLine = "<|endoftext|>";

    private static readonly byte[] Separator = Encoding.ASCII.GetBytes($"\n{SeparatorLine}\n");

    private readonly StoryProgram _program = StoryGrammar.Program;

    public ulong Seed => seed;

    /// <summary>Bytes of the longest story the grammar can write.</summary>
    public int LongestStory => _program.LongestStory;

    /// <summary>The stories from <paramref name="first"/> on, without end.</summary>
    public IEnumerable<Story> Stories(long first = 0)
    {
        for (var index = first; ; index++) yield return At(index);
    }

    /// <summary>The story at <paramref name="index"/>.</summary>
    public Story At(long index)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(_program.LongestStory);
        try
        {
            var length = Write(index, buffer, out var bits);
            return new(Encoding.ASCII.GetString(buffer, 0, length), bits, index);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes the story at <paramref name="index"/> as UTF-8.</summary>
    /// <param name="index">The place in the corpus.</param>
    /// <param name="destination">At least <see cref="LongestStory"/> bytes.</param>
    /// <param name="bits">The story's information.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The destination is shorter than <see cref="LongestStory"/>.</exception>
    public int Write(long index, Span<byte> destination, out double bits)
    {
        if (destination.Length < _program.LongestStory) throw new ArgumentException($"the destination has {destination.Length} bytes, a story may need {_program.LongestStory}", nameof(destination));
        var random = new StoryRandom(seed, index);
        Span<int> registers = stackalloc int[_program.Registers];
        ReadOnlySpan<byte> bytes = _program.Bytes;
        var nodes = _program.Nodes;
        var targets = _program.Targets;
        var (at, length) = (_program.Start, 0);
        bits = 0;
        while (true)
        {
            ref readonly var node = ref nodes[at];
            switch (node.Op)
            {
                case Op.Write:
                    bytes.Slice(node.A, node.B).CopyTo(destination[length..]);
                    length += node.B;
                    at = node.Next;
                    break;
                case Op.Choose:
                    at = targets[node.A + (int)random.Below(node.Count)];
                    bits += node.Bits;
                    break;
                case Op.ChooseWeighted:
                    var (draw, target) = (random.Below(node.Count), node.A);
                    for (; draw >= _program.Weights[target]; target++) draw -= _program.Weights[target];
                    at = targets[target];
                    bits += _program.TargetBits[target];
                    break;
                case Op.Bind:
                    registers[node.A] = (int)random.Below(node.Count);
                    bits += node.Bits;
                    at = node.Next;
                    break;
                case Op.Recall:
                    var (start, count) = _program.Slices[node.A + registers[node.B]];
                    bytes.Slice(start, count).CopyTo(destination[length..]);
                    length += count;
                    at = node.Next;
                    break;
                case Op.Switch:
                    at = targets[node.A + registers[node.B]];
                    break;
                default:
                    return length;
            }
        }
    }

    /// <summary>Writes <paramref name="count"/> stories from the first on, each followed by the separator line; the fast way to text in memory.</summary>
    public StoryTotals Write(IBufferWriter<byte> destination, long count)
    {
        var totals = default(StoryTotals);
        for (var index = 0L; index < count; index++)
        {
            var span = destination.GetSpan(_program.LongestStory + Separator.Length);
            var length = Write(index, span, out var bits);
            Separator.CopyTo(span[length..]);
            destination.Advance(length + Separator.Length);
            totals = Add(totals, length, bits);
        }
        return totals;
    }

    /// <summary>Writes stories to a stream, each followed by the separator line, until either bound is reached.</summary>
    /// <param name="destination">Where to; not closed.</param>
    /// <param name="count">At most so many stories.</param>
    /// <param name="size">Stops after the story that brings the stream to so many bytes, separators included.</param>
    /// <param name="cancellation">Stops between two blocks of stories.</param>
    /// <exception cref="IOException">The stream does not take the bytes.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public StoryTotals Write(Stream destination, long count = long.MaxValue, long size = long.MaxValue, CancellationToken cancellation = default)
    {
        var totals = default(StoryTotals);
        var block = new byte[Math.Max(1 << 18, 2 * (_program.LongestStory + Separator.Length))];
        var (used, written) = (0, 0L);
        while (totals.Stories < count && written < size)
        {
            if (block.Length - used < _program.LongestStory + Separator.Length)
            {
                cancellation.ThrowIfCancellationRequested();
                destination.Write(block, 0, used);
                used = 0;
            }
            var length = Write(totals.Stories, block.AsSpan(used), out var bits);
            Separator.CopyTo(block, used + length);
            used += length + Separator.Length;
            written += length + Separator.Length;
            totals = Add(totals, length, bits);
        }
        destination.Write(block, 0, used);
        destination.Flush();
        return totals;
    }

    private static StoryTotals Add(StoryTotals totals, int length, double bits) => new(totals.Stories + 1, totals.StoryBytes + length, totals.Bits + bits);
}
