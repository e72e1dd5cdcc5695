namespace Loquat.Text.Metrics;

/// <summary>How tags say where an entity begins, goes on and ends.</summary>
public enum TagScheme
{
    Iob1,
    Iob2,
    Ioe1,
    Ioe2,
    Iobes,
    Bilou,
}

/// <summary>A stretch of tokens.</summary>
public readonly record struct Entity(string Type, int Start, int End);

/// <summary>Entities in sequences of tags such as `B-PER`, and their scores, with the numbers of seqeval 1.2.2.</summary>
public static class SequenceLabels
{
    private const char Any = '*';

    // Which tag before and which one here, of the same type (=), of another (!) or of any (*), begin, continue and end an entity.
    private static readonly Dictionary<TagScheme, (string Letters, string[] Start, string[] Inside, string[] End)> _rules = new()
    {
        [TagScheme.Iob1] = ("IOB", ["OI*", "II!", "BI*", "IB=", "BB="], ["BI=", "II="], ["II!", "IO*", "IB*", "BO*", "BI!", "BB="]),
        [TagScheme.Ioe1] = ("IOE", ["OI*", "II!", "EI*", "EE="], ["II=", "IE="], ["II!", "IO*", "IE!", "EI=", "EE="]),
        [TagScheme.Iob2] = ("IOB", ["*B*"], ["BI=", "II="], ["IO*", "II!", "IB*", "BO*", "BI!", "BB*"]),
        [TagScheme.Ioe2] = ("IOE", ["OI*", "OE*", "EI*", "EE*", "II!", "IE!"], ["IE=", "II="], ["E**"]),
        [TagScheme.Iobes] = ("IOBES", ["*B*", "*S*"], ["BI=", "BE=", "II=", "IE="], ["S**", "E**"]),
        [TagScheme.Bilou] = ("IOBUL", ["*B*", "*U*"], ["BI=", "BL=", "II=", "IL="], ["U**", "L**"]),
    };

    /// <summary>The entities of a sentence as conlleval finds them: no scheme, and what begins wrongly is mended.</summary>
    public static IReadOnlyList<Entity> Entities(IReadOnlyList<string> tags)
    {
        var found = new List<Entity>();
        var (before, typeBefore, start) = ('O', "", 0);
        for (var i = 0; i <= tags.Count; i++)
        {
            var (letter, type) = Split(i < tags.Count ? tags[i] : "O");
            var changes = typeBefore != type;
            if (before is 'E' or 'S' || (before is 'B' or 'I' && letter is 'B' or 'S' or 'O') || (before is not ('O' or '.') && changes)) found.Add(new(typeBefore, start, i));
            if (letter is 'B' or 'S' || (before is 'E' or 'S' or 'O' && letter is 'E' or 'I') || (letter is not ('O' or '.') && changes)) start = i;
            (before, typeBefore) = (letter, type);
        }
        return found;
    }

    /// <summary>The entities of a sentence by the rules of a scheme; what breaks them is none.</summary>
    /// <exception cref="DataException">A tag has a letter that the scheme has not.</exception>
    public static IReadOnlyList<Entity> Entities(IReadOnlyList<string> tags, TagScheme scheme)
    {
        var (letters, start, inside, end) = _rules[scheme];
        (char Letter, string Type)[] all = [.. tags.Select(Split), Split("O")];
        for (var i = 0; i < tags.Count; i++)
            if (!letters.Contains(all[i].Letter)) throw new DataException($"the tag '{tags[i]}' has the letter {all[i].Letter}; {scheme.ToString().ToUpperInvariant()} has {string.Join(", ", letters.AsEnumerable())}.");
        var found = new List<Entity>();
        for (int i = 0, next; i < all.Length; i = next)
        {
            next = i + 1;
            if (!Is(start, i == 0 ? Split("O") : all[i - 1], all[i])) continue;
            while (next < all.Length && Is(inside, all[next - 1], all[next])) next++;
            next = Math.Min(next, tags.Count);
            if (Is(end, all[next - 1], all[next])) found.Add(new(all[i].Type, i, next));
        }
        return found;
    }

    /// <summary>The share of tags that are right.</summary>
    public static double Accuracy(IReadOnlyList<IReadOnlyList<string>> truth, IReadOnlyList<IReadOnlyList<string>> predicted) =>
        (double)truth.Zip(predicted).Sum(s => s.First.Zip(s.Second).Count(t => t.First == t.Second)) / truth.Sum(s => s.Count);

    /// <summary>Scores of each type, by name, then the `micro avg`, `macro avg` and `weighted avg`; an entity is right where type, start and end are.</summary>
    /// <param name="truth">The true entities of each sentence.</param>
    public static IReadOnlyList<(string Name, ClassScore Score)> Report(IReadOnlyList<IReadOnlyList<Entity>> truth, IReadOnlyList<IReadOnlyList<Entity>> predicted, ZeroDivision zero = ZeroDivision.Zero)
    {
        List<(int Sentence, Entity Entity)> there = [.. truth.SelectMany((s, i) => s.Select(e => (i, e)))], given = [.. predicted.SelectMany((s, i) => s.Select(e => (i, e)))];
        var right = there.ToHashSet();
        right.IntersectWith(given);
        var scores = there.Concat(given).Select(e => e.Entity.Type).Distinct().Order(StringComparer.Ordinal).Select(type => (type, Score(new(
            right.Count(e => e.Entity.Type == type), given.Distinct().Count(e => e.Entity.Type == type), there.Distinct().Count(e => e.Entity.Type == type)), zero))).ToList();
        List<ClassScore> types = scores.ConvertAll(s => s.Item2);
        var micro = Score(new(right.Count, given.Distinct().Count(), there.Distinct().Count()), zero);
        return [.. scores, ("micro avg", micro), ("macro avg", HitCounts.Mean(types, weighted: false)), ("weighted avg", HitCounts.Mean(types, weighted: true))];
    }

    // F is that of precision and recall as they are, those that divide by zero included.
    private static ClassScore Score(HitCounts counts, ZeroDivision zero)
    {
        var score = counts.Score(zero);
        return score with { F = score.Precision + score.Recall is > 0 and var sum ? 2 * score.Precision * score.Recall / sum : 0 };
    }

    private static bool Is(string[] rules, (char Letter, string Type) before, (char Letter, string Type) here) => rules.Any(rule =>
        (rule[0] == Any || rule[0] == before.Letter) && (rule[1] == Any || rule[1] == here.Letter) && (rule[2] == Any || rule[2] == '=' == (before.Type == here.Type)));

    // `O` and tags without a type are of the type `_`.
    private static (char Letter, string Type) Split(string tag)
    {
        if (tag.Length == 0) throw new DataException("a tag is empty; outside of entities it is O.");
        var rest = tag[1..];
        var type = rest.IndexOf('-') is >= 0 and var at ? rest[(at + 1)..] : rest;
        return (tag[0], type.Length == 0 ? "_" : type);
    }
}
