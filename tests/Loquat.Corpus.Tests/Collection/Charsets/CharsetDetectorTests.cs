using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Loquat.Corpus.Collection.Charsets;

namespace Loquat.Corpus.Tests.Collection.Charsets;

public sealed class CharsetDetectorTests(ITestOutputHelper output)
{
    /// <summary>Of the reference files and texts; the better of the two reference detectors reads 0.853 of them.</summary>
    private const double LeastRight = 105.0 / 116;

    [Fact]
    public void The_reference_texts_are_read_as_they_were_written()
    {
        var cases = TextFixture.Cases("charset.json");
        var right = 0;
        foreach (var one in cases)
        {
            var bytes = one.Text("path") is { } path ? File.ReadAllBytes(TextFixture.Data(path)) : Convert.FromBase64String(one.Text("base64")!);
            var found = CharsetDetector.Detect(bytes);
            var text = CharsetDetector.Decode(bytes);
            if (IsRight(text, one)) right++;
            else output.WriteLine($"{one.Text("path") ?? one.Text("language")} {one.Text("label")}: read as {found.Name}");
        }
        output.WriteLine($"{right} of {cases.Count}");
        right.Should().BeGreaterThanOrEqualTo((int)Math.Ceiling(LeastRight * cases.Count - 1e-9));
    }

    [Fact]
    public void Unicode_with_a_mark_is_always_known() => Gen.String.Sample(text =>
    {
        text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        foreach (var encoding in (Encoding[])[new UTF8Encoding(true), new UnicodeEncoding(false, true), new UnicodeEncoding(true, true), new UTF32Encoding(false, true), new UTF32Encoding(true, true)])
            // UTF-16 of a text that begins with a zero character cannot be told from UTF-32.
            if (!text.StartsWith('\0')) CharsetDetector.Decode([.. encoding.GetPreamble(), .. encoding.GetBytes(text)]).Should().Be(text);
    }, iter: 300);

    [Fact]
    public void Every_input_has_an_encoding() => Gen.Byte.Array[0, 300].Sample(bytes => CharsetDetector.Decode(bytes).Should().NotBeNull(), iter: 300);

    private static bool IsRight(string text, System.Text.Json.JsonElement expected)
    {
        var given = text.Normalize(NormalizationForm.FormC);
        if (expected.Text("sha256_utf8") is { } hash && Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) == hash) return true;
        var head = expected.Text("text_head")!;
        return given.EnumerateRunes().Take(head.EnumerateRunes().Count()).SequenceEqual(head.Normalize(NormalizationForm.FormC).EnumerateRunes().Take(head.EnumerateRunes().Count()))
            && (expected.Text("sha256_utf8") is null || Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(given))) == expected.Text("sha256_utf8"));
    }
}
