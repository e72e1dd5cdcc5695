using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Loquat.Text.Datasets;

/// <summary>The first 80 bytes of a token shard, little-endian.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct TokenShardHeader
{
    /// <summary>Bytes.</summary>
    public const int Size = 80;

    internal const ulong ExpectedMagic = 0x444853544155514c; // "LQUATSHD"
    internal const uint ExpectedVersion = 1;

    internal ulong Magic;
    internal uint Version;

    /// <summary>Bytes of a token: 2 or 4.</summary>
    public int TokenWidth;

    /// <summary>Tokens that the tokenizer knows; every token is below.</summary>
    public long VocabSize;

    public long TokenCount;

    public long DocumentCount;

    /// <summary>UTF-8 bytes of the text.</summary>
    public long TextBytes;

    /// <summary>Information of the text in bits where its source is known, else NaN.</summary>
    public double TrueBits;

    /// <summary>Hash of the tokenizer's file.</summary>
    public ulong TokenizerHash;

    internal ulong PayloadHash;
    internal ulong HeaderHash;

    internal readonly long PaddedTokenBytes => (TokenCount * TokenWidth + 7) / 8 * 8;

    internal readonly long PayloadBytes => PaddedTokenBytes + DocumentCount * sizeof(long);

    internal readonly ulong ComputeHash()
    {
        var copy = this;
        copy.HeaderHash = 0;
        return XxHash3.HashToUInt64(MemoryMarshal.AsBytes(new ReadOnlySpan<TokenShardHeader>(in copy)));
    }

    /// <summary>What is wrong with the header of a file of the given length, or null.</summary>
    internal readonly string? Fault(long fileLength)
    {
        if (Magic != ExpectedMagic) return "it does not begin as one";
        if (Version != ExpectedVersion) return $"it has version {Version}; this program reads version {ExpectedVersion}";
        if (HeaderHash != ComputeHash()) return "its header does not have the checksum that was written";
        if (TokenWidth is not (2 or 4) || TokenCount < 0 || DocumentCount < 0) return "its header is impossible";
        return Size + PayloadBytes == fileLength ? null : $"it has {fileLength} bytes; its header promises {Size + PayloadBytes}";
    }
}
