namespace Loquat.Text.Collection.Stories.Grammar;

/// <summary>What a node of a <see cref="StoryProgram"/> does.</summary>
internal enum Op : byte
{
    /// <summary>The story is complete.</summary>
    End,

    /// <summary>Write the bytes [A, A + B), go on at Next.</summary>
    Write,

    /// <summary>Draw below Count, go on at Targets[A + draw].</summary>
    Choose,

    /// <summary>Draw below Count (the sum of the weights), go on at the target whose cumulative weight covers the draw; B alternatives.</summary>
    ChooseWeighted,

    /// <summary>Draw below Count into register A, go on at Next.</summary>
    Bind,

    /// <summary>Write the slice Slices[A + register B], go on at Next.</summary>
    Recall,

    /// <summary>Go on at Targets[A + register B].</summary>
    Switch,
}

/// <summary>One step; see <see cref="Grammar.Op"/> for what the fields mean.</summary>
internal readonly record struct Node(Op Op, int A, int B, int Next, uint Count, double Bits);

/// <summary>
/// The grammar compiled to an acyclic graph of steps: rules are written out where they are called, so a step needs no stack and a
/// story is one path. The generator walks it with a random source, the scorer with the text; both add the same numbers in the same order.
/// </summary>
internal sealed class StoryProgram
{
    public required Node[] Nodes { get; init; }

    public required int[] Targets { get; init; }

    /// <summary>Weights[i] belongs to Targets[i]; TargetBits[i] is its information.</summary>
    public required uint[] Weights { get; init; }

    public required double[] TargetBits { get; init; }

    public required (int Start, int Length)[] Slices { get; init; }

    public required byte[] Bytes { get; init; }

    public required int Start { get; init; }

    public required int Registers { get; init; }

    /// <summary>Bytes of the longest story.</summary>
    public required int LongestStory { get; init; }
}
