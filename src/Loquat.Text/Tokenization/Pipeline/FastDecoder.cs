using System.Text.Unicode;
using Loquat.Text.Tokenization.Decoders;

namespace Loquat.Text.Tokenization.Pipeline;

/// <summary>Decoding by a table of what each token becomes, for decoders that look at tokens one by one. Gives what the decoders give for the list of tokens.</summary>
internal sealed class FastDecoder
{
    private const string Neighbor = "x"; // stands beside a token that is looked at

    private readonly ITokenNames _names;
    private readonly Func<List<string>, List<string>> _tokenwise;
    private readonly Decoder? _afterwards;
    private readonly DecodingTable _table;
    private readonly string?[]? _first; // what a token becomes as the first, once asked for; null: the same as elsewhere
    private readonly string?[]? _last;

    private FastDecoder(ITokenNames names, Func<List<string>, List<string>> tokenwise, TokenPlaces dependsOn, DecodingTable table, Decoder? afterwards)
    {
        (_names, _tokenwise, _table, _afterwards) = (names, tokenwise, table, afterwards);
        if (dependsOn.HasFlag(TokenPlaces.First)) _first = new string?[names.VocabSize];
        if (dependsOn.HasFlag(TokenPlaces.Last)) _last = new string?[names.VocabSize];
    }

    /// <summary>The decoder for a tokenizer's names and decoder, or null where only the decoders themselves will do.</summary>
    public static FastDecoder? Create(ITokenNames names, Decoder? decoder)
    {
        var decoders = Flat(decoder).ToList();
        if (decoders is [ByteLevelDecoder]) return new(names, tokens => tokens, TokenPlaces.None, ByteLevel(names), null);
        if (decoder is null) return new(names, Spaced, TokenPlaces.First, Texts(names, Spaced, false), null);
        var tokenwise = decoders.TakeWhile(d => d.DependsOn is not null).ToList();
        var dependsOn = tokenwise.Aggregate(TokenPlaces.None, (places, one) => places | one.DependsOn!.Value);
        var rest = decoders.Skip(tokenwise.Count).ToList();
        var fallsBack = rest is [ByteFallbackDecoder, ..];
        if (fallsBack) rest.RemoveAt(0);
        if (rest is not ([] or [FuseDecoder, ..]) || (fallsBack && dependsOn != TokenPlaces.None)) return null;
        var sequence = new DecoderSequence(tokenwise);
        return new(names, sequence.Decode, dependsOn, Texts(names, sequence.Decode, fallsBack), rest.Count > 1 ? new DecoderSequence(rest) : null);
    }

    /// <summary>Whether nothing but the ends of the text depends on the whole of it.</summary>
    public bool Streams => _afterwards is null || Flat(_afterwards).All(decoder => decoder is FuseDecoder or StripDecoder);

    public bool LastTokenMatters => _last is not null || _afterwards is not null;

    public bool IsByteOfRun(int id) => _table.JudgesRuns && _table.IsBytes(id);

    /// <summary>The text of tokens; ids outside the vocabulary count for nothing.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var text = new DecodedText(stackalloc char[512]);
        try
        {
            if (_first is null && _last is null) _table.Append(ids, skipSpecialTokens, ref text);
            else AppendWithEnds(ids, skipSpecialTokens, ref text);
            return _afterwards is null ? text.ToString() : string.Concat(_afterwards.Decode([text.ToString()]));
        }
        finally
        {
            text.Dispose();
        }
    }

    private void AppendWithEnds(ReadOnlySpan<int> ids, bool skipSpecialTokens, ref DecodedText text)
    {
        while (!ids.IsEmpty && !_table.Counts(ids[0], skipSpecialTokens)) ids = ids[1..];
        while (!ids.IsEmpty && !_table.Counts(ids[^1], skipSpecialTokens)) ids = ids[..^1];
        if (ids.IsEmpty) return;
        if (ids.Length == 1)
        {
            text.Add(_tokenwise([_names.IdToToken(ids[0])!])[0]);
            return;
        }
        if (_first is not null) text.Add(_first[ids[0]] ??= _tokenwise([_names.IdToToken(ids[0])!, Neighbor])[0]);
        _table.Append(ids[(_first is null ? 0 : 1)..(_last is null ? ids.Length : ids.Length - 1)], skipSpecialTokens, ref text);
        if (_last is not null) text.Add(_last[ids[^1]] ??= _tokenwise([Neighbor, _names.IdToToken(ids[^1])!])[1]);
    }

    private static DecodingTable ByteLevel(ITokenNames names)
    {
        var table = new DecodingTable(names.VocabSize, InvalidBytes.ReplacePart);
        for (var id = 0; id < names.VocabSize; id++)
        {
            if (names.IdToToken(id) is not { } token) continue;
            var bytes = ByteLevelDecoder.Bytes(token);
            if (Utf8.IsValid(bytes)) table.SetText(id, System.Text.Encoding.UTF8.GetString(bytes), names.IsSpecial(id));
            else table.SetBytes(id, bytes, names.IsSpecial(id));
        }
        return table;
    }

    private static DecodingTable Texts(ITokenNames names, Func<List<string>, List<string>> tokenwise, bool fallsBack)
    {
        var table = new DecodingTable(names.VocabSize, InvalidBytes.ReplaceRun);
        var texts = tokenwise([Neighbor, .. Enumerable.Range(0, names.VocabSize).Select(id => names.IdToToken(id) ?? ""), Neighbor]);
        for (var id = 0; id < names.VocabSize; id++)
        {
            if (names.IdToToken(id) is null) continue;
            if (fallsBack && ByteFallbackDecoder.ByteOf(texts[id + 1]) is { } value) table.SetBytes(id, [value], names.IsSpecial(id));
            else table.SetText(id, texts[id + 1], names.IsSpecial(id));
        }
        return table;
    }

    // Without a decoder tokens are joined by spaces.
    private static List<string> Spaced(List<string> tokens)
    {
        for (var i = 1; i < tokens.Count; i++) tokens[i] = " " + tokens[i];
        return tokens;
    }

    private static IEnumerable<Decoder> Flat(Decoder? decoder) => decoder switch
    {
        null => [],
        DecoderSequence sequence => sequence.Decoders.SelectMany(Flat),
        _ => [decoder],
    };
}
