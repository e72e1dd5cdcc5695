using Loquat.Text.Collection.Stories.Grammar;

namespace Loquat.Text.Collection.Stories;

/// <summary>
/// Recomputes the information of a story from its text alone: walks the generator's grammar and reads from the text which alternative was
/// drawn at each choice. No text can be read in two ways (a test proves it), so the bits are those the generator returned.
/// </summary>
public static class StoryScorer
{
    /// <summary>The information of one story in bits.</summary>
    /// <exception cref="DataException">The text is not a story of this grammar; the message says where it departs.</exception>
    public static double Bits(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var walk = new Walk(text);
        if (walk.Match(StoryGrammar.Program.Start, 0, 0)) return walk.Bits;
        var at = walk.Furthest;
        var line = 1 + text.AsSpan(0, at).Count('\n');
        var shown = text.Substring(Math.Max(0, at - 30), Math.Min(text.Length, at + 20) - Math.Max(0, at - 30)).ReplaceLineEndings(" ");
        throw new DataException($"this text is not a story of the corpus: line {line}, offset {at}, near '{shown}', no story goes on so. Score text that `loquat corpus stories` of this version wrote, unchanged.");
    }

    /// <summary>The totals of the stories of a plain text, parted by <see cref="StoryCorpus.SeparatorLine"/>.</summary>
    /// <exception cref="DataException">One of them is not a story; the message has its number.</exception>
    public static StoryTotals Score(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var totals = default(StoryTotals);
        foreach (var text in Split(reader))
        {
            try
            {
                totals = new(totals.Stories + 1, totals.StoryBytes + text.Length, totals.Bits + Bits(text));
            }
            catch (DataException error)
            {
                throw new DataException($"story {totals.Stories + 1}: {error.Message}", error);
            }
        }
        return totals;
    }

    /// <summary>The documents between separator lines; the last may lack its separator.</summary>
    public static IEnumerable<string> Split(TextReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            if (line != StoryCorpus.SeparatorLine)
            {
                lines.Add(line);
                continue;
            }
            yield return string.Join('\n', lines);
            lines.Clear();
        }
        if (lines.Exists(l => l.Length > 0)) yield return string.Join('\n', lines);
    }

    private sealed class Walk(string text)
    {
        private readonly StoryProgram _program = StoryGrammar.Program;
        private readonly int[] _registers = new int[StoryGrammar.Program.Registers];

        public double Bits { get; private set; }

        public int Furthest { get; private set; }

        /// <summary>Whether the rest of the text can be read from the node on; tries the alternatives in turn.</summary>
        public bool Match(int at, int offset, double bits)
        {
            while (true)
            {
                ref readonly var node = ref _program.Nodes[at];
                switch (node.Op)
                {
                    case Op.Write:
                        if (!Reads(node.A, node.B, ref offset)) return false;
                        at = node.Next;
                        break;
                    case Op.Recall:
                        var (start, length) = _program.Slices[node.A + _registers[node.B]];
                        if (!Reads(start, length, ref offset)) return false;
                        at = node.Next;
                        break;
                    case Op.Switch:
                        at = _program.Targets[node.A + _registers[node.B]];
                        break;
                    case Op.Choose:
                    case Op.ChooseWeighted:
                        for (var target = node.A; target < node.A + node.B; target++)
                            if (Match(_program.Targets[target], offset, bits + (node.Op == Op.Choose ? node.Bits : _program.TargetBits[target]))) return true;
                        return false;
                    case Op.Bind:
                        var before = _registers[node.A];
                        for (var row = 0; row < (int)node.Count; row++)
                        {
                            _registers[node.A] = row;
                            if (Match(node.Next, offset, bits + node.Bits)) return true;
                        }
                        _registers[node.A] = before;
                        return false;
                    default:
                        Bits = bits;
                        return offset == text.Length;
                }
            }
        }

        private bool Reads(int start, int length, ref int offset)
        {
            for (var i = 0; i < length; i++)
            {
                if (offset == text.Length || text[offset] != _program.Bytes[start + i])
                {
                    Furthest = Math.Max(Furthest, offset);
                    return false;
                }
                offset++;
            }
            return true;
        }
    }
}
