namespace Loquat.Objectives;

/// <summary>What of a conversation stands in a row.</summary>
internal readonly record struct ConversationPart(int Item, int Start, int Length);

/// <summary>Which conversations, and how much of them, make which row.</summary>
internal sealed class ConversationPlan
{
    /// <param name="limit">Tokens in a row.</param>
    /// <param name="packing">Whether rows hold several.</param>
    /// <exception cref="DataException">None has an answer inside a row.</exception>
    public ConversationPlan(ConversationShard shard, int limit, TruncationMode mode, bool packing)
    {
        List<ConversationPart> parts = [];
        for (var item = 0; item < shard.Count; item++)
        {
            var length = shard.Length(item);
            if (length > limit) Longer++;
            if (Cut(length, limit, mode) is not { } cut) continue;
            // The first token is predicted by none.
            if (shard.Learned(item, 0, cut.Start, cut.Length).AsSpan(1).Contains(1)) parts.Add(new(item, cut.Start, cut.Length));
            else WithoutAnswer++;
        }
        Kept = parts.Count;
        Count = shard.Count;
        Rows = packing ? Pack(parts, limit) : [.. parts.Select(part => (ConversationPart[])[part])];
    }

    /// <summary>Conversations in the file.</summary>
    public int Count { get; }

    /// <summary>Those that are learned from.</summary>
    public int Kept { get; }

    /// <summary>Those longer than a row.</summary>
    public int Longer { get; }

    /// <summary>Those left out because no answer is inside the row.</summary>
    public int WithoutAnswer { get; }

    public IReadOnlyList<ConversationPart[]> Rows { get; }

    /// <summary>What of so many tokens a row holds; null: nothing.</summary>
    public static (int Start, int Length)? Cut(int length, int limit, TruncationMode mode) => length <= limit ? (0, length) : mode switch
    {
        TruncationMode.KeepEnd => (length - limit, limit),
        TruncationMode.Drop => null,
        _ => (0, limit),
    };

    /// <summary>Best fit, the longest first: each goes where the least room is left that it fits into.</summary>
    private static List<ConversationPart[]> Pack(List<ConversationPart> parts, int limit)
    {
        List<List<ConversationPart>> rows = [];
        var byRoom = new Stack<int>?[limit + 1];
        foreach (var part in parts.OrderByDescending(part => part.Length))
        {
            var room = part.Length;
            while (room <= limit && byRoom[room] is not { Count: > 0 }) room++;
            if (room > limit)
            {
                rows.Add([]);
                (byRoom[room = limit] ??= new()).Push(rows.Count - 1);
            }
            var row = byRoom[room]!.Pop();
            rows[row].Add(part);
            (byRoom[room - part.Length] ??= new()).Push(row);
        }
        return [.. rows.Select(row => row.ToArray())];
    }
}
