using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Loquat.Text.Tokenization.Decoders;

/// <summary>Text that grows at its end: in the room given at first, then in a rented array.</summary>
internal ref struct DecodedText(Span<char> room)
{
    private Span<char> _room = room;
    private char[]? _rented;

    public int Length;

    public readonly ReadOnlySpan<char> Text => _room[..Length];

    /// <summary>Where the next characters go; set <see cref="Length"/> after writing there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref char Room(int count)
    {
        if (_room.Length - Length < count) Grow(count);
        return ref Unsafe.Add(ref MemoryMarshal.GetReference(_room), Length);
    }

    public void Add(scoped ReadOnlySpan<char> text)
    {
        if (_room.Length - Length < text.Length) Grow(text.Length);
        text.CopyTo(_room[Length..]);
        Length += text.Length;
    }

    public override readonly string ToString() => Text.ToString();

    public void Dispose()
    {
        if (_rented is not null) ArrayPool<char>.Shared.Return(_rented);
        _rented = null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        var larger = ArrayPool<char>.Shared.Rent(Math.Max(_room.Length * 2, Length + count));
        Text.CopyTo(larger);
        Dispose();
        _room = _rented = larger;
    }
}
