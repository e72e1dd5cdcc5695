namespace Loquat.Corpus.Preprocessing.Repair;

/// <summary>Which characters stand where in UTF-8 that was read in an encoding like Latin-1: what the lead and continuation bytes are in those encodings.</summary>
internal static class Utf8Places
{
    private const byte Two = 1, Three = 2, Four = 4, Continuation = 8, Strict = 16;

    // Characters that stand for themselves often enough: seen alone, they say nothing of what is before them.
    private const string OftenThemselves = "–—―‘’‚“”„•…";

    private static readonly byte[] _places = Table();

    private static byte Place(char c) => c < _places.Length ? _places[c] : (byte)0;

    public static bool IsStrictContinuation(char c) => (Place(c) & Strict) != 0;

    /// <summary>The length of a sequence at the start; 0 where there is none. A space may be a lost A0.</summary>
    public static int Sequence(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return 0;
        var place = Place(text[0]);
        var length = (place & Two) != 0 ? 2 : (place & Three) != 0 ? 3 : (place & Four) != 0 ? 4 : 0;
        if (length == 0 || text.Length < length) return 0;
        foreach (var c in text[1..length])
            if ((Place(c) & Continuation) == 0) return 0;
        return length;
    }

    private static byte[] Table()
    {
        var places = new byte[0x2200];
        for (var c = 0x80; c <= 0xbf; c++) places[c] = Continuation | Strict;
        places[' '] = Continuation;
        foreach (var encoding in SingleByteEncoding.LikeLatin1)
        {
            for (var b = 0x80; b <= 0xff; b++)
            {
                var c = encoding[(byte)b];
                if (c >= places.Length) continue;
                if (b <= 0xbf) places[c] |= OftenThemselves.Contains(c) ? Continuation : (byte)(Continuation | Strict);
                else if (b is >= 0xc2 and <= 0xdf) places[c] |= Two;
                else if (b is >= 0xe0 and <= 0xef) places[c] |= Three;
                else if (b is 0xf0 or 0xf3) places[c] |= Four;
            }
        }
        return places;
    }
}
