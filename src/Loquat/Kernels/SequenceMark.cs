namespace Loquat.Kernels;

/// <summary>What the kernels of recurrences know of a token beside its values, one byte each.</summary>
internal static class SequenceMark
{
    /// <summary>Padding: the state stays as it is, and the output is 0.</summary>
    public const byte Padding = 1;

    /// <summary>The first token of a document: the state before it is that of the beginning.</summary>
    public const byte Start = 2;
}
