using System.Text;

namespace Loquat.Text.Tokenization.Alignment;

/// <summary>From places in a text's UTF-8 bytes to places in its UTF-16 units: a place inside a character means the whole character.</summary>
internal readonly struct Utf8Places
{
    private readonly (int Start, int End)[]? _units;
    private readonly int _length;

    public Utf8Places(string text)
    {
        _length = text.Length;
        if (Ascii.IsValid(text)) return;
        var units = new List<(int, int)>(text.Length * 2);
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            for (var i = rune.Utf8SequenceLength; i > 0; i--) units.Add((at, at + rune.Utf16SequenceLength));
            at += rune.Utf16SequenceLength;
        }
        _units = [.. units];
    }

    public (int Start, int End) Units(int start, int end)
    {
        if (_units is null) return (Math.Min(start, _length), Math.Min(end, _length));
        if (_units.Length == 0) return (0, 0);
        var from = start < _units.Length ? _units[start].Start : _length;
        return (from, end > start ? _units[Math.Min(end, _units.Length) - 1].End : from);
    }
}
