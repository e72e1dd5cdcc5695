using System.Buffers.Text;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization;

/// <summary>
/// tiktoken's file of ranks: each line a token's bytes in base 64, a space, its rank. The rank is the id, and the order in which neighbours join to it; merges are found from that.
/// </summary>
internal static class TiktokenRanks
{
    private const int HighestRank = 1 << 22;
    private const int O200kSize = 150_000;

    public static Tokenizer Read(ReadOnlySpan<byte> bytes, string path)
    {
        var tokens = new SortedDictionary<int, byte[]>();
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        var number = 0;
        while (!bytes.IsEmpty)
        {
            number++;
            var end = bytes.IndexOf((byte)'\n');
            var line = (end < 0 ? bytes : bytes[..end]).TrimEnd((byte)'\r');
            bytes = end < 0 ? default : bytes[(end + 1)..];
            if (line.IsEmpty) continue;
            var space = line.IndexOf((byte)' ');
            if (space <= 0 || !Utf8Parser.TryParse(line[(space + 1)..], out int rank, out var used) || used != line.Length - space - 1 || rank is < 0 or > HighestRank
                || Decode(line[..space]) is not { Length: > 0 } token)
                throw new DataException($"{path}, line {number}: expected a token in base 64, a space and its rank.");
            if (!tokens.TryAdd(rank, token) || !ranks.TryAdd(ByteAlphabet.Spell(token), rank)) throw new DataException($"{path}, line {number}: the rank {rank} or its token is there twice.");
        }
        var vocabulary = new string[tokens.Keys.Max() + 1];
        for (var id = 0; id < vocabulary.Length; id++) vocabulary[id] = tokens.TryGetValue(id, out var token) ? ByteAlphabet.Spell(token) : $"<unused {id}>";
        for (var value = 0; value < 256; value++)
            if (!ranks.ContainsKey(ByteAlphabet.Character((byte)value).ToString())) throw new DataException($"{path}: the byte {value} has no token of its own.");
        var merges = new List<(int, int)>();
        foreach (var (rank, token) in tokens)
            if (token.Length > 1 && Parts(token, rank, ranks) is { } pair) merges.Add(pair);
        return Tokenizer.ByteLevelBpe(vocabulary, merges, [], vocabulary.Length > O200kSize ? SplitPattern.O200k : vocabulary.Length > 60_000 ? SplitPattern.Llama3 : SplitPattern.Gpt2, ignoreMerges: true);
    }

    // The token's bytes merged by lower ranks alone: the two parts that are left joined to it when it was learned. Null where it is not reached by merges.
    private static (int Left, int Right)? Parts(byte[] token, int rank, Dictionary<string, int> ranks)
    {
        var text = ByteAlphabet.Spell(token);
        var lookup = ranks.GetAlternateLookup<ReadOnlySpan<char>>();
        var ends = Enumerable.Range(1, text.Length).ToList();
        while (ends.Count > 2)
        {
            var (best, at) = (rank, -1);
            for (var i = 0; i + 1 < ends.Count; i++)
                if (lookup.TryGetValue(text.AsSpan((i == 0 ? 0 : ends[i - 1])..ends[i + 1]), out var found) && found < best) (best, at) = (found, i);
            if (at < 0) return null;
            ends.RemoveAt(at);
        }
        return (lookup[text.AsSpan(0, ends[0])], lookup[text.AsSpan(ends[0])]);
    }

    private static byte[]? Decode(ReadOnlySpan<byte> text)
    {
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return Base64.DecodeFromUtf8(text, bytes, out _, out var length) == System.Buffers.OperationStatus.Done ? bytes[..length] : null;
    }
}
