using System.Text;
using CsCheck;
using Loquat.Text.Collection;

namespace Loquat.Tests.Collection;

public sealed class CheckedUtf8StreamTests
{
    /// <summary>Text comes through unchanged however it is cut into reads; a wrong byte is found at its line and offset.</summary>
    [Fact]
    public void What_is_UTF8_passes_and_what_is_not_is_found() => Gen.Select(Gen.String.Array[0, 5], Gen.Int[1, 7], Gen.Byte, Gen.Double.Unit).Sample((lines, step, wrong, place) =>
    {
        var text = Encoding.UTF8.GetBytes(string.Join('\n', lines.Select(line => line.IsNormalized() || line.Length > 0 ? Whole(line) : line)));
        Read(text, step).Should().Equal(text);
        // A byte that never occurs in UTF-8.
        var at = Boundary(text, (int)(place * text.Length));
        byte[] damaged = [.. text[..at], (byte)(0xF8 | wrong & 7), .. text[at..]];
        var read = () => Read(damaged, step);
        read.Should().Throw<DataException>().WithMessage($"name, line {1 + text[..at].Count(b => b == '\n')}: byte {0xF8 | wrong & 7:X2} at offset {at} is not UTF-8*");
    });

    [Theory]
    [InlineData("61E9", 1)]
    [InlineData("C3", 0)]
    [InlineData("E282", 0)]
    [InlineData("EDA080", 0)]
    [InlineData("C080", 0)]
    [InlineData("F09F98", 0)]
    [InlineData("E28241", 0)]
    [InlineData("4142FFFE", 2)]
    public void Damaged_characters_are_told(string hex, int offset)
    {
        for (var step = 1; step < 5; step++)
        {
            var read = () => Read(Convert.FromHexString(hex), step);
            read.Should().Throw<DataException>().WithMessage($"*at offset {offset} *");
        }
    }

    private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace("\n", " ", StringComparison.Ordinal);

    private static int Boundary(byte[] text, int at)
    {
        while (at < text.Length && (text[at] & 0xC0) == 0x80) at++;
        return at;
    }

    private static byte[] Read(byte[] bytes, int step)
    {
        using var stream = new CheckedUtf8Stream(new MemoryStream(bytes), "name");
        var result = new List<byte>();
        var buffer = new byte[step];
        while (stream.Read(buffer) is > 0 and var count) result.AddRange(buffer[..count]);
        return [.. result];
    }
}
