using Loquat.Text.Collection;

namespace Loquat.Tests.Collection;

/// <summary>Which files of a folder are read: those that patterns choose, and of them the texts.</summary>
public sealed class TextFileSelectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("*.txt", "a.txt", true)]
    [InlineData("*.txt", "b/c/a.txt", true)]
    [InlineData("*.txt", "a.txt.gz", false)]
    [InlineData("*.TXT", "a.txt", false)]
    [InlineData("b/*.txt", "b/a.txt", true)]
    [InlineData("b/*.txt", "b/c/a.txt", false)]
    [InlineData("b/**", "b/c/a.txt", true)]
    [InlineData("b/", "b/c/a.txt", true)]
    [InlineData("**/c/*", "b/c/a.txt", true)]
    [InlineData("**/c/*", "c/a.txt", true)]
    [InlineData("/a.txt", "a.txt", true)]
    [InlineData("/a.txt", "b/a.txt", false)]
    [InlineData("part-?.md", "part-1.md", true)]
    [InlineData("part-?.md", "part-12.md", false)]
    [InlineData("a.(b)+[c]", "a.(b)+[c]", true)]
    public void Patterns_fit_paths(string pattern, string path, bool fits)
    {
        new TextFileSelection([pattern], []).Takes(path).Should().Be(fits);
        new TextFileSelection([], [pattern]).Takes(path).Should().Be(!fits);
    }

    [Fact]
    public void Binary_files_between_texts_are_left_out_and_told()
    {
        File.WriteAllText(_folder.File("a.txt"), "text é\u001b[0m");
        File.WriteAllBytes(_folder.File("photo.png"), [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0, 0, 13]);
        File.WriteAllBytes(_folder.File("x.gz"), [0x1F, 0x8B, 0x08, 0x01, 0xFF, 0xAA]);
        File.WriteAllBytes(_folder.File("long.txt"), [.. Enumerable.Repeat((byte)'x', (1 << 15) - 1), 0xC3, 0xA9, .. Enumerable.Repeat((byte)'x', 100)]);
        var skipped = new List<string>();
        TextFiles.Find(_folder.Path, null, (file, reason) => skipped.Add($"{Path.GetFileName(file)}: {reason}")).Select(Path.GetFileName).Should().Equal("a.txt", "long.txt");
        skipped.Should().Equal("photo.png: not text, a zero byte at offset 8", "x.gz: not text, byte 08 at offset 2");
        new FileTextCorpus(_folder.Path, 0.1, SplitKind.Document).Notes.Should().HaveCount(2).And.AllSatisfy(note => note.Should().Contain("skipped"));
    }

    [Fact]
    public void A_text_in_another_encoding_is_not_left_out_in_silence()
    {
        File.WriteAllText(_folder.File("a.txt"), "text");
        File.WriteAllBytes(_folder.File("latin1.txt"), [(byte)'c', (byte)'a', (byte)'f', 0xE9, (byte)' ', (byte)'\n']);
        var read = () => new FileTextCorpus(_folder.Path, 0.1, SplitKind.Document);
        read.Should().Throw<DataException>().WithMessage("*latin1.txt: not UTF-8 text*offset 3*exclude*");
        new FileTextCorpus(_folder.Path, 0.1, SplitKind.Document, selection: new TextFileSelection([], ["latin1.*"])).Bytes.Should().Be(4);
    }

    [Fact]
    public void Nothing_chosen_or_nothing_readable_is_an_error()
    {
        File.WriteAllText(_folder.File("a.txt"), "text");
        var none = () => TextFiles.Find(_folder.Path, new TextFileSelection(["*.md"], []));
        none.Should().Throw<DataException>().WithMessage("*none of its 1 files fits include ?.md*a.txt*");
        var file = () => TextFiles.Find(_folder.File("a.txt"), new TextFileSelection(["*.txt"], []));
        file.Should().Throw<OptionsException>().WithMessage("*is a file*");
        File.WriteAllBytes(_folder.File("a.txt"), new byte[9]);
        var binary = () => TextFiles.Find(_folder.Path);
        binary.Should().Throw<DataException>().WithMessage("*holds no text*zero byte*");
        var empty = () => new TextFileSelection([""], []);
        empty.Should().Throw<OptionsException>();
    }

    [Fact]
    public void Equal_documents_are_split_all_the_same()
    {
        foreach (var text in (string[])["The same document.", "Another one.", "A third.", "d"])
        {
            var path = _folder.File("equal.txt");
            File.WriteAllText(path, string.Concat(Enumerable.Repeat(text + "\n<|endoftext|>\n", 60)));
            var corpus = new FileTextCorpus(path, 0.1, SplitKind.Document);
            corpus.Split.Should().Be(SplitKind.Position);
            corpus.Training().Should().NotBeEmpty();
            corpus.Validation().Should().NotBeEmpty();
        }
    }

    public void Dispose() => _folder.Dispose();
}
