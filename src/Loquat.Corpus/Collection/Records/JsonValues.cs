namespace Loquat.Corpus.Collection.Records;

/// <summary>A value of JSON, or why it could not be read.</summary>
internal readonly record struct JsonSlice(ReadOnlyMemory<byte> Json, long Number, string? Fault);

/// <summary>
/// Cuts a stream of JSON into values: lines, values behind one another, or the elements of an array at the top. Only the value that is being read is held.
/// </summary>
internal sealed class JsonValues(Stream stream, int largest)
{
    private readonly byte[] _block = new byte[1 << 16];
    private byte[] _value = new byte[1 << 16];
    private int _at;
    private int _length;

    /// <param name="elements">Whether the stream is one array, whose elements are wanted; else values by lines.</param>
    public IEnumerable<JsonSlice> Read(bool elements) => elements ? Elements() : Lines();

    private IEnumerable<JsonSlice> Lines()
    {
        var number = 0L;
        var (length, cut) = (0, false);
        while (true)
        {
            var next = Next();
            if (next is < 0 or '\n')
            {
                number++;
                if (cut) yield return new(default, number, $"the line is longer than {largest:N0} bytes");
                else if (!_value.AsSpan(0, length).Trim(" \t\r\uFEFF"u8).IsEmpty) yield return new(_value.AsMemory(0, length), number, null);
                (length, cut) = (0, false);
                if (next < 0) yield break;
                continue;
            }
            if (length < largest) Put(ref length, (byte)next);
            else cut = true;
            // The rest of the line that the block holds, at once.
            var rest = _block.AsSpan(_at, _length - _at);
            var end = rest.IndexOf((byte)'\n');
            if (end < 0) end = rest.Length;
            if (length + end <= largest) Put(ref length, rest[..end]);
            else cut = true;
            _at += end;
        }
    }

    private IEnumerable<JsonSlice> Elements()
    {
        int next;
        while ((next = Next()) >= 0 && next != '[')
        {
        }
        var number = 0L;
        var (length, depth, quoted, escaped, cut) = (0, 0, false, false, false);
        while ((next = Next()) >= 0)
        {
            if (quoted)
            {
                if (escaped) escaped = false;
                else if (next == '\\') escaped = true;
                else if (next == '"') quoted = false;
            }
            else if (next == '"') quoted = true;
            else if (next is '{' or '[') depth++;
            else if (next is '}' or ']' && depth > 0) depth--;
            else if (depth == 0 && next is ',' or ']')
            {
                if (length > 0 || cut) yield return Slice();
                (length, cut) = (0, false);
                if (next == ']') yield break;
                continue;
            }
            if (depth == 0 && !quoted && length == 0 && next is ' ' or '\n' or '\r' or '\t') continue;
            if (length < largest) Put(ref length, (byte)next);
            else cut = true;
        }
        if (length > 0 || cut) yield return Slice();

        JsonSlice Slice() => new(cut ? default : _value.AsMemory(0, length), ++number, cut ? $"the value is longer than {largest:N0} bytes" : null);
    }

    private void Put(ref int length, byte value)
    {
        if (length == _value.Length) Array.Resize(ref _value, Math.Min(largest + 1, _value.Length * 2));
        _value[length++] = value;
    }

    private void Put(ref int length, ReadOnlySpan<byte> values)
    {
        while (length + values.Length > _value.Length) Array.Resize(ref _value, (int)Math.Min(largest + 1L, _value.Length * 2L));
        values.CopyTo(_value.AsSpan(length));
        length += values.Length;
    }

    private int Next()
    {
        if (_at < _length) return _block[_at++];
        (_at, _length) = (0, stream.Read(_block));
        return _length > 0 ? _block[_at++] : -1;
    }
}
