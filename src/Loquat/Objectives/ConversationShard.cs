using Loquat.Text.Datasets;

namespace Loquat.Objectives;

/// <summary>Conversations in a file of tokens, whose documents are tokens and masks in turns (<see cref="Text.Conversations.ConversationDocuments"/>).</summary>
internal sealed class ConversationShard
{
    private readonly TokenShard _shard;
    private readonly int _versions;

    /// <param name="versions">1, or 2 of preferences: the preferred version and the other.</param>
    /// <exception cref="DataException">The documents are none.</exception>
    public ConversationShard(TokenShard shard, int versions)
    {
        (_shard, _versions) = (shard, versions);
        var documents = shard.DocumentEnds.Length;
        if (documents == 0 || documents % (2 * versions) != 0) throw new DataException($"{shard.Path}: there is no {(versions == 1 ? "conversation" : "preference")} in it that can be learned from.");
        Count = documents / (2 * versions);
    }

    public int Count { get; }

    public int Length(int item, int version = 0) => (int)(End(Row(item, version)) - Start(Row(item, version)));

    /// <summary>Tokens, some of them.</summary>
    public long[] Ids(int item, int version, int start, int length) => Read(Row(item, version), start, length);

    /// <summary>1 for each token that is learned, 0 for the others.</summary>
    public long[] Learned(int item, int version, int start, int length) => Read(Row(item, version) + 1, start, length);

    private int Row(int item, int version) => 2 * (item * _versions + version);

    private long Start(int document) => document == 0 ? 0 : _shard.DocumentEnds[document - 1];

    private long End(int document) => _shard.DocumentEnds[document];

    private long[] Read(int document, int start, int length)
    {
        var values = new long[length];
        _shard.Read(Start(document) + start, values);
        return values;
    }
}
