using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Patterns;

/// <summary>
/// Runs a program over one text: backtracking with its own stack, and with a budget of steps that grows with the text, so that a hostile pattern ends in an error and not in a hang.
/// </summary>
internal sealed class RegexMatcher(RegexProgram program, string text)
{
    private readonly RegexInstruction[] _code = program.Instructions;
    private readonly CharacterSet? _first = First(program.Instructions[0]); // what a match begins with, where that is plain to see
    private readonly int[] _registers = new int[program.Registers];
    private Frame[] _stack = new Frame[64];
    private int _top;
    private long _budget = 1_000_000 + Math.Min(400L * text.Length, 2_000_000_000);

    // Pc below 0: register ~Pc gets A back. B above or at 0: a run that may give back down to B.
    private readonly record struct Frame(int Pc, int A, int B);

    /// <summary>The first match at or after a place.</summary>
    /// <exception cref="DataException">The pattern takes too many steps on this text.</exception>
    public bool Search(int from, out int start, out int end)
    {
        for (start = from; start <= text.Length; start = start < text.Length ? CodePoints.After(text, start) : start + 1)
        {
            if (_first is not null && (start == text.Length || !_first.Contains(CodePoints.At(text, start, out _)))) continue;
            if ((end = Match(0, start, -1)) >= 0) return true;
        }
        end = -1;
        return false;
    }

    // Where a match from here ends, or -1. Where mustEnd is not -1, only there.
    private int Match(int pc, int at, int mustEnd)
    {
        var bottom = _top;
        while (true)
        {
            if (--_budget < 0) throw TooLong();
            var failed = false;
            ref readonly var instruction = ref _code[pc];
            switch (instruction.Operation)
            {
                case RegexOperation.Set:
                    if (at < text.Length && instruction.Set!.Contains(CodePoints.At(text, at, out var next))) (at, pc) = (next, pc + 1);
                    else failed = true;
                    break;
                case RegexOperation.Run or RegexOperation.PossessiveRun:
                    failed = !Run(in instruction, ref pc, ref at);
                    break;
                case RegexOperation.Fork:
                    Push(new(instruction.B, at, -1));
                    pc = instruction.A;
                    break;
                case RegexOperation.Jump: pc = instruction.A; break;
                case RegexOperation.Mark:
                    Push(new(~instruction.A, _registers[instruction.A], -1));
                    _registers[instruction.A] = at;
                    pc++;
                    break;
                case RegexOperation.Progress:
                    failed = _registers[instruction.A] == at;
                    pc++;
                    break;
                case RegexOperation.Anchor:
                    failed = !Holds((RegexAnchor)instruction.A, at);
                    pc++;
                    break;
                case RegexOperation.Ahead:
                    failed = Match(pc + 1, at, -1) >= 0 != (instruction.B == 1);
                    pc = instruction.A;
                    break;
                case RegexOperation.Behind:
                    failed = Behind(in instruction, pc + 1, at) != (instruction.B == 1);
                    pc = instruction.A;
                    break;
                case RegexOperation.Atomic:
                    at = Match(pc + 1, at, -1);
                    failed = at < 0;
                    pc = instruction.A;
                    break;
                default:
                    if (mustEnd >= 0 && at != mustEnd)
                    {
                        failed = true;
                        break;
                    }
                    Unwind(bottom);
                    return at;
            }
            if (failed && !Pop(bottom, ref pc, ref at)) return -1;
        }
    }

    private static CharacterSet? First(in RegexInstruction instruction) => instruction.Operation switch
    {
        RegexOperation.Set => instruction.Set,
        RegexOperation.Run or RegexOperation.PossessiveRun when instruction.A > 0 => instruction.Set,
        _ => null,
    };

    private bool Run(in RegexInstruction instruction, ref int pc, ref int at)
    {
        var (count, least) = (0, at);
        for (; count < instruction.B && at < text.Length && instruction.Set!.Contains(CodePoints.At(text, at, out var next)); count++)
        {
            at = next;
            if (count + 1 == instruction.A) least = at;
        }
        _budget -= count >> 2;
        if (count < instruction.A) return false;
        pc++;
        if (instruction.Operation == RegexOperation.Run && at > least) Push(new(pc, at, least));
        return true;
    }

    private bool Behind(in RegexInstruction instruction, int pc, int at)
    {
        var start = at;
        for (var length = 0; length <= instruction.D; length++)
        {
            if (length >= instruction.C && Match(pc, start, at) >= 0) return true;
            if (start == 0) return false;
            start = CodePoints.Before(text, start);
        }
        return false;
    }

    private bool Holds(RegexAnchor anchor, int at) => anchor switch
    {
        RegexAnchor.LineStart => at == 0 || text[at - 1] == '\n' && at < text.Length,
        RegexAnchor.LineEnd => at == text.Length || text[at] == '\n',
        RegexAnchor.TextStart => at == 0,
        RegexAnchor.TextEnd => at == text.Length,
        RegexAnchor.TextEndOrLastLine => at == text.Length || at == text.Length - 1 && text[at] == '\n',
        RegexAnchor.WordBoundary => IsWordBoundary(at),
        _ => !IsWordBoundary(at),
    };

    private bool IsWordBoundary(int at) =>
        (at > 0 && CharacterSet.WordAlone.Contains(CodePoints.At(text, CodePoints.Before(text, at), out _)))
        != (at < text.Length && CharacterSet.WordAlone.Contains(CodePoints.At(text, at, out _)));

    private void Push(Frame frame)
    {
        if (_top == _stack.Length) Array.Resize(ref _stack, _top * 2);
        _stack[_top++] = frame;
    }

    private bool Pop(int bottom, ref int pc, ref int at)
    {
        while (_top > bottom)
        {
            var frame = _stack[--_top];
            if (frame.Pc < 0)
            {
                _registers[~frame.Pc] = frame.A;
                continue;
            }
            (pc, at) = (frame.Pc, frame.A);
            if (frame.B < 0) return true;
            at = CodePoints.Before(text, at);
            if (at > frame.B) Push(new(pc, at, frame.B));
            return true;
        }
        return false;
    }

    // Registers keep what they were before the match: an outer loop may be waiting on them.
    private void Unwind(int bottom)
    {
        while (_top > bottom)
            if (_stack[--_top] is { Pc: < 0 } frame) _registers[~frame.Pc] = frame.A;
    }

    private DataException TooLong() =>
        new($"{program.Place}: the regular expression '{program.Pattern}' takes more than {1_000_000 + Math.Min(400L * text.Length, 2_000_000_000)} steps on a text of {text.Length} characters; a tokenizer's pattern should take a few for each character.");
}
