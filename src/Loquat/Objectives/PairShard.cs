using Loquat.Text.Datasets;

namespace Loquat.Objectives;

/// <summary>Pairs of texts in a file of tokens, whose documents are what is read and what is to be written in turns.</summary>
internal sealed class PairShard
{
    private readonly TokenShard _shard;
    private readonly int? _endOfText;

    /// <param name="endOfText">The token that ends documents in the file, which is no part of the pair; null: none.</param>
    /// <exception cref="DataException">The documents are no pairs.</exception>
    public PairShard(TokenShard shard, int? endOfText)
    {
        (_shard, _endOfText) = (shard, endOfText);
        var documents = shard.DocumentEnds.Length;
        if (documents == 0 || documents % 2 != 0) throw new DataException($"{shard.Path}: there are {documents} texts, which are no pairs. Pairs are read from data.path with data.target_path, or from a table.");
        Count = documents / 2;
    }

    public int Count { get; }

    /// <summary>Tokens of a pair, without the tokens that end documents.</summary>
    public (long[] Source, long[] Target) this[int index] => (Document(2 * index), Document(2 * index + 1));

    /// <summary>Tokens of both texts of each pair, with those that end them.</summary>
    public IReadOnlyList<(long First, long Second)> Lengths
    {
        get
        {
            var ends = _shard.DocumentEnds;
            var lengths = new (long, long)[Count];
            for (var i = 0; i < Count; i++) lengths[i] = (ends[2 * i] - (i == 0 ? 0 : ends[2 * i - 1]), ends[2 * i + 1] - ends[2 * i]);
            return lengths;
        }
    }

    private long[] Document(int index)
    {
        var ends = _shard.DocumentEnds;
        var start = index == 0 ? 0 : ends[index - 1];
        var tokens = new long[ends[index] - start];
        _shard.Read(start, tokens);
        return tokens.Length > 0 && tokens[^1] == _endOfText ? tokens[..^1] : tokens;
    }
}
