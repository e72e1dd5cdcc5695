using System.Text;
using CsCheck;
using Loquat.Tests;
using Loquat.Text.Collection;

namespace Loquat.Text.Tests.Collection;

public sealed class TextFilesTests
{
    [Fact]
    public void Documents_end_at_separator_lines_and_at_the_end_of_the_file()
    {
        Read("one\ntwo\n<|endoftext|>\nthree\r\n<|endoftext|>\r\n\n \n<|endoftext|>\nfour").Select(d => d.Text).Should().Equal("one\ntwo", "three\r", "four");
        Read("a <|endoftext|> inside a line\n").Should().ContainSingle().Which.Text.Should().Be("a <|endoftext|> inside a line\n");
    }

    [Fact]
    public void A_byte_order_mark_is_no_text() => Read("\uFEFFhello").Should().ContainSingle().Which.Text.Should().Be("hello");

    [Fact]
    public void Parts_of_a_long_document_put_together_are_the_document()
    {
        // Block borders fall inside characters of two, three and four bytes, and inside lines with and without ends.
        var line = string.Concat(Enumerable.Range(0, 300_000).Select(i => "é漢😀 x"[..(i % 3 == 0 ? 6 : 2)]));
        var text = line + "\n" + string.Concat(Enumerable.Range(0, 500_000).Select(i => i % 97 == 0 ? "word\n" : "word "));
        var parts = Read(text);
        parts.Count.Should().BeGreaterThan(2);
        parts[..^1].Should().AllSatisfy(p => (!p.Ends && p.Text.Length <= TextFiles.LongestPart && !char.IsHighSurrogate(p.Text[^1])).Should().BeTrue());
        parts[^1].Ends.Should().BeTrue();
        string.Concat(parts.Select(p => p.Text)).Should().Be(text);
    }

    [Fact]
    public void Any_text_without_separators_is_read_as_it_is() =>
        Gen.String[Gen.Char["ab \n\r\té漢<|"], 0, 200].Sample(text => string.IsNullOrWhiteSpace(text) || string.Concat(Read(text).Select(d => d.Text)) == text);

    [Theory]
    [InlineData(new byte[] { 0x61, 0xFF, 0x62 }, "offset 1")]
    [InlineData(new byte[] { 0x61, 0x62, 0x00 }, "zero byte at offset 2")]
    [InlineData(new byte[] { 0x61, 0xE6, 0xBC }, "not UTF-8")]
    public void What_is_not_text_is_told_with_its_place(byte[] bytes, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), bytes);
        var read = () => TextFiles.Read(folder.File("x")).ToList();
        read.Should().Throw<DataException>().WithMessage($"*{message}*");
    }

    [Fact]
    public void A_folder_is_read_in_the_order_of_its_paths_without_hidden_and_empty_files()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("b"));
        foreach (var name in (string[])["b/2.txt", "a.txt", "b/10.txt", ".hidden"]) File.WriteAllText(folder.File(name), name);
        File.WriteAllText(folder.File("empty"), "");
        TextFiles.Find(folder.Path).Select(f => Path.GetRelativePath(folder.Path, f)).Should().Equal("a.txt", "b/10.txt", "b/2.txt");
    }

    private static List<TextDocument> Read(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("text"), Encoding.UTF8.GetBytes(text));
        return [.. TextFiles.Read(folder.File("text"))];
    }
}
