namespace Loquat.Text.Tokenization.Patterns;

internal enum RegexOperation : byte
{
    /// <summary>One code point of a set.</summary>
    Set,

    /// <summary>As many code points of a set as there are, A to B of them; gives back one at a time.</summary>
    Run,

    /// <summary>The same, giving back none.</summary>
    PossessiveRun,

    /// <summary>Tries A, then B.</summary>
    Fork,

    /// <summary>Goes to A.</summary>
    Jump,

    /// <summary>Notes the place in register A.</summary>
    Mark,

    /// <summary>Fails where no text has been read since register A was set.</summary>
    Progress,

    /// <summary>Tests the anchor A.</summary>
    Anchor,

    /// <summary>A program from the next operation to A must match (B: 1) or not (B: 0) ahead.</summary>
    Ahead,

    /// <summary>The same, ending here.</summary>
    Behind,

    /// <summary>A program from the next operation to A matches once and for all.</summary>
    Atomic,

    /// <summary>The match is found.</summary>
    Done,
}

/// <summary>One operation; <paramref name="C"/> and <paramref name="D"/> are the lengths that a look behind may have.</summary>
internal readonly record struct RegexInstruction(RegexOperation Operation, int A = 0, int B = 0, CharacterSet? Set = null, int C = 0, int D = 0);

internal sealed record RegexProgram(RegexInstruction[] Instructions, int Registers, string Pattern, string Place);

/// <summary>Turns a regular expression into a program for <see cref="RegexMatcher"/>.</summary>
internal sealed class RegexCompiler
{
    private const int LongestProgram = 20_000;
    private const int LongestLookBehind = 255;

    private readonly List<RegexInstruction> _code = [];
    private readonly string _pattern;
    private readonly string _place;
    private bool _behind;
    private int _registers;
    private int _emitted;

    private RegexCompiler(string pattern, string place) => (_pattern, _place) = (pattern, place);

    /// <exception cref="DataException">The pattern is wrong, or larger than any tokenizer needs.</exception>
    public static RegexProgram Compile(string pattern, string place)
    {
        var compiler = new RegexCompiler(pattern, place);
        compiler.Emit(new RegexParser(pattern, place).Parse());
        compiler.Add(new(RegexOperation.Done));
        return new([.. compiler._code], compiler._registers, pattern, place);
    }

    private int Add(RegexInstruction instruction)
    {
        if (_code.Count >= LongestProgram) throw new DataException($"{_place}: the regular expression has more than {LongestProgram} steps once its repetitions are written out; no tokenizer needs that.");
        _code.Add(instruction);
        return _code.Count - 1;
    }

    private void Emit(RegexNode node)
    {
        if (++_emitted > 10 * LongestProgram) throw new DataException($"{_place}: the regular expression repeats more than any tokenizer needs.");
        switch (node)
        {
            case RegexNode.Set set: Add(new(RegexOperation.Set, Set: set.Characters)); break;
            case RegexNode.Literal literal: Emit(literal.Expanded(_behind)); break;
            case RegexNode.FoldedSet folded: Emit(folded.Expanded()); break;
            case RegexNode.Sequence sequence:
                foreach (var part in sequence.Parts) Emit(part);
                break;
            case RegexNode.Either either: EmitEither(either); break;
            case RegexNode.Repeat repeat: EmitRepeat(repeat); break;
            case RegexNode.Anchor anchor: Add(new(RegexOperation.Anchor, (int)anchor.Kind)); break;
            case RegexNode.Atomic atomic: EmitInner(new(RegexOperation.Atomic), atomic.Body); break;
            case RegexNode.Look { Ahead: true } look: EmitInner(new(RegexOperation.Ahead, B: look.Negative ? 0 : 1), look.Body); break;
            case RegexNode.Look look:
                var (least, most) = look.Body.Length();
                if (most > LongestLookBehind) throw new DataException($"{_place}: the regular expression '{_pattern}' looks behind further than {LongestLookBehind} characters.");
                var outer = _behind;
                _behind = true;
                EmitInner(new(RegexOperation.Behind, B: look.Negative ? 0 : 1, C: least, D: most), look.Body);
                _behind = outer;
                break;
        }
    }

    private void EmitInner(RegexInstruction head, RegexNode body)
    {
        var at = Add(head);
        Emit(body);
        Add(new(RegexOperation.Done));
        _code[at] = head with { A = _code.Count };
    }

    private void EmitEither(RegexNode.Either either)
    {
        var jumps = new List<int>();
        for (var i = 0; i < either.Branches.Count; i++)
        {
            var last = i == either.Branches.Count - 1;
            var fork = last ? -1 : Add(default);
            Emit(either.Branches[i]);
            if (last) break;
            jumps.Add(Add(default));
            _code[fork] = new(RegexOperation.Fork, fork + 1, _code.Count);
        }
        foreach (var jump in jumps) _code[jump] = new(RegexOperation.Jump, _code.Count);
    }

    private void EmitRepeat(RegexNode.Repeat repeat)
    {
        if (repeat.Body is RegexNode.Literal literal) repeat = repeat with { Body = literal.Expanded(_behind) };
        if (repeat is { Most: < 0, Lazy: false, Body: RegexNode.FoldedSet { RunsAsSet: true } folded }) repeat = repeat with { Body = new RegexNode.Set(folded.Characters) };
        if (repeat.Possessive)
        {
            if (repeat.Body is RegexNode.Set possessive)
                Add(new(RegexOperation.PossessiveRun, repeat.Least, repeat.Most < 0 ? int.MaxValue : repeat.Most, possessive.Characters));
            else
                EmitInner(new(RegexOperation.Atomic), repeat with { Possessive = false });
            return;
        }
        if (repeat is { Lazy: false, Body: RegexNode.Set set })
        {
            Add(new(RegexOperation.Run, repeat.Least, repeat.Most < 0 ? int.MaxValue : repeat.Most, set.Characters));
            return;
        }
        for (var i = 0; i < repeat.Least; i++) Emit(repeat.Body);
        if (repeat.Most < 0)
        {
            var empty = repeat.Body.Length().Least == 0;
            var register = empty ? _registers++ : 0;
            var fork = Add(default);
            if (empty) Add(new(RegexOperation.Mark, register));
            Emit(repeat.Body);
            if (empty) Add(new(RegexOperation.Progress, register));
            Add(new(RegexOperation.Jump, fork));
            _code[fork] = Fork(fork + 1, _code.Count, repeat.Lazy);
            return;
        }
        var forks = new List<int>();
        for (var i = repeat.Least; i < repeat.Most; i++)
        {
            forks.Add(Add(default));
            Emit(repeat.Body);
        }
        foreach (var fork in forks) _code[fork] = Fork(fork + 1, _code.Count, repeat.Lazy);
    }

    private static RegexInstruction Fork(int into, int past, bool lazy) => lazy ? new(RegexOperation.Fork, past, into) : new(RegexOperation.Fork, into, past);
}
