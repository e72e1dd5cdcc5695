namespace Loquat.Text.Tokenization.Alignment;

/// <summary>From places in UTF-16 units to places in code points.</summary>
internal readonly struct CodePointPlaces
{
    private readonly int[]? _places;

    public CodePointPlaces(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0) return;
        _places = new int[text.Length + 1];
        var count = 0;
        for (var i = 0; i < text.Length; i++)
        {
            _places[i] = count;
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) _places[++i] = count;
            count++;
        }
        _places[text.Length] = count;
    }

    public int At(int unit) => _places is null ? unit : _places[Math.Min(unit, _places.Length - 1)];
}
