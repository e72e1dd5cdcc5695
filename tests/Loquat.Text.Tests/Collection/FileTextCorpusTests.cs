using System.Text;
using Loquat.Tests;
using Loquat.Text.Collection;

namespace Loquat.Text.Tests.Collection;

public sealed class FileTextCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void By_position_the_first_bytes_train_and_the_rest_validates()
    {
        var text = string.Concat(Enumerable.Range(0, 1000).Select(i => $"Zeile {i} für alle.\n"));
        var corpus = Corpus(text, 0.1, SplitKind.Position);
        var (training, validation) = (Joined(corpus.Training()), Joined(corpus.Validation()));
        (training + validation).Should().Be(text);
        Encoding.UTF8.GetByteCount(training).Should().BeInRange((int)(0.9 * corpus.Bytes) - 2, (int)(0.9 * corpus.Bytes));
    }

    [Fact]
    public void By_document_each_is_on_one_side_and_adding_more_moves_none()
    {
        var texts = Enumerable.Range(0, 400).Select(i => $"Document {i}.").ToList();
        var few = Corpus(string.Join("\n<|endoftext|>\n", texts.Take(300)), 0.2, SplitKind.Document);
        var (training, validation) = (few.Training().Select(d => d.Text).ToHashSet(), few.Validation().Select(d => d.Text).ToHashSet());
        var many = Corpus(string.Join("\n<|endoftext|>\n", texts), 0.2, SplitKind.Document);
        training.Concat(validation).Should().BeEquivalentTo(texts.Take(300));
        validation.Count.Should().BeInRange(30, 90);
        many.Training().Select(d => d.Text).Should().Contain(training);
        many.Validation().Select(d => d.Text).Should().Contain(validation);
    }

    [Fact]
    public void A_text_of_few_documents_is_split_by_position()
    {
        var corpus = Corpus("A single document, of some length, and nothing else.", 0.25, SplitKind.Document);
        corpus.Split.Should().Be(SplitKind.Position);
        corpus.Validation().Should().NotBeEmpty();
    }

    [Fact]
    public void Its_fingerprint_changes_with_the_text_and_the_split()
    {
        var one = Corpus("The same text.", 0.1, SplitKind.Document).Fingerprint;
        Corpus("The same text.", 0.1, SplitKind.Document).Fingerprint.Should().Be(one);
        Corpus("The same tExt.", 0.1, SplitKind.Document).Fingerprint.Should().NotBe(one);
        Corpus("The same text.", 0.2, SplitKind.Document).Fingerprint.Should().NotBe(one);
    }

    [Fact]
    public void Files_of_the_same_place_size_and_time_are_not_read_again_and_others_are()
    {
        var path = _folder.File("text.txt");
        var (text, time) = ("Some text, long ago.", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc).AddTicks(1234567));
        Write(text, time);
        var first = new FileTextCorpus(path, 0.1, SplitKind.Document);
        first.Memory.Should().NotBeNull();
        // Not even text: reading it would fail.
        Write(new string('\0', text.Length), time);
        var second = new FileTextCorpus(path, 0.1, SplitKind.Document, first.Memory);
        (second.Fingerprint, second.Bytes, second.Documents, second.Memory).Should().Be((first.Fingerprint, first.Bytes, first.Documents, first.Memory));
        new FileTextCorpus(path, 0.2, SplitKind.Document, first.Memory).Fingerprint.Should().NotBe(first.Fingerprint);

        Write("Some text, long agO.", time.AddTicks(1));
        new FileTextCorpus(path, 0.1, SplitKind.Document, first.Memory).Fingerprint.Should().NotBe(first.Fingerprint);
        Write("Some more text, long ago.", time);
        new FileTextCorpus(path, 0.1, SplitKind.Document, first.Memory).Fingerprint.Should().NotBe(first.Fingerprint);
        foreach (var damaged in (string[])["", "{", "null", "[]", "{}", first.Memory![..20]]) new FileTextCorpus(path, 0.1, SplitKind.Document, damaged).Documents.Should().Be(1);

        void Write(string content, DateTime changed)
        {
            File.WriteAllText(path, content);
            File.SetLastWriteTimeUtc(path, changed);
        }
    }

    [Fact]
    public void A_file_that_may_still_change_within_its_time_is_not_remembered()
    {
        File.WriteAllText(_folder.File("text.txt"), "Just written.");
        File.SetLastWriteTimeUtc(_folder.File("text.txt"), TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(1));
        new FileTextCorpus(_folder.File("text.txt"), 0.1, SplitKind.Document).Memory.Should().BeNull();
    }

    private FileTextCorpus Corpus(string text, double fraction, SplitKind split)
    {
        File.WriteAllText(_folder.File("text.txt"), text);
        return new(_folder.File("text.txt"), fraction, split);
    }

    private static string Joined(IEnumerable<TextDocument> documents) => string.Concat(documents.Select(d => d.Text));

    public void Dispose() => _folder.Dispose();
}
