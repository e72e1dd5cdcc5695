using System.Text;

namespace Loquat.Text.Collection.Stories.Grammar;

/// <summary>
/// Proves that no text can be read in two ways: for each two alternatives of each choice it follows both sides byte by byte,
/// as one follows pairs of states of a finite automaton, and reports the pairs that come together again having written the same text.
/// Remembered rows may take any value on either side, so the proof errs only towards reporting.
/// </summary>
internal sealed class Ambiguity(StoryProgram program)
{
    /// <summary>Before byte Offset of row Value (of a Recall) or of the text (of a Write) of Node; before the node itself where Offset is -1.</summary>
    private readonly record struct State(int Node, int Value, int Offset);

    private readonly Dictionary<int, State[]> _closures = [];
    private readonly HashSet<(State, State)> _seen = [];

    /// <summary>The ambiguous texts, at most <paramref name="limit"/> of them; empty where the grammar is proved unambiguous.</summary>
    public List<string> Find(int limit = 20)
    {
        var found = new List<string>();
        for (var i = 0; i < program.Nodes.Length && found.Count < limit; i++)
        {
            var alternatives = Alternatives(i);
            for (var a = 0; a < alternatives.Count && found.Count < limit; a++)
                for (var b = a + 1; b < alternatives.Count; b++)
                    if (Meet(alternatives[a], alternatives[b]) is { } text)
                    {
                        found.Add(text);
                        break;
                    }
        }
        return found;
    }

    private List<State> Alternatives(int index)
    {
        var node = program.Nodes[index];
        if (node.Op is Op.Choose or Op.ChooseWeighted) return [.. Enumerable.Range(node.A, node.B).Select(t => new State(program.Targets[t], 0, -1))];
        if (node.Op is not Op.Bind) return [];
        var next = program.Nodes[node.Next];
        return [.. Enumerable.Range(0, (int)node.Count).Select(v => next.Op == Op.Switch ? new State(program.Targets[next.A + v], 0, -1) : new State(node.Next, v, 0))];
    }

    private string? Meet(State a, State b)
    {
        var work = new Stack<(State A, State B, string Text)>();
        work.Push((a, b, ""));
        while (work.TryPop(out var pair))
        {
            if (!_seen.Add((pair.A, pair.B))) continue;
            foreach (var x in Closure(pair.A))
                foreach (var y in Closure(pair.B))
                {
                    if (x == y) return $"{pair.Text} [then] {Rest(x)}";
                    if (program.Nodes[x.Node].Op == Op.End || program.Nodes[y.Node].Op == Op.End) continue;
                    var letter = Letter(x);
                    if (letter == Letter(y)) work.Push((Advance(x), Advance(y), pair.Text + (char)letter));
                }
        }
        return null;
    }

    private State[] Closure(State state)
    {
        if (state.Offset >= 0) return [state];
        if (_closures.TryGetValue(state.Node, out var known)) return known;
        var node = program.Nodes[state.Node];
        State[] closure = node.Op switch
        {
            Op.End => [state with { Offset = 0 }],
            Op.Write => node.B == 0 ? Closure(new(node.Next, 0, -1)) : [state with { Offset = 0 }],
            Op.Recall => [.. Enumerable.Range(0, (int)node.Count).Select(v => new State(state.Node, v, 0))],
            Op.Switch => [.. Enumerable.Range(node.A, (int)node.Count).SelectMany(t => Closure(new(program.Targets[t], 0, -1))).Distinct()],
            _ => [.. Alternatives(state.Node).SelectMany(Closure).Distinct()],
        };
        return _closures[state.Node] = closure;
    }

    private (int Start, int Length) SliceOf(State state) =>
        program.Nodes[state.Node] is { Op: Op.Recall } recall ? program.Slices[recall.A + state.Value] : (program.Nodes[state.Node].A, program.Nodes[state.Node].B);

    private byte Letter(State state) => program.Bytes[SliceOf(state).Start + state.Offset];

    private State Advance(State state) => state.Offset + 1 < SliceOf(state).Length
        ? state with { Offset = state.Offset + 1 }
        : new(program.Nodes[state.Node].Next, 0, -1);

    private string Rest(State state)
    {
        if (program.Nodes[state.Node].Op == Op.End) return "the end";
        var (start, length) = SliceOf(state);
        return Encoding.ASCII.GetString(program.Bytes, start + state.Offset, length - state.Offset);
    }
}
