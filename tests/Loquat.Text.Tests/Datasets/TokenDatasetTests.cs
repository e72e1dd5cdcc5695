using Loquat.Tests;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Text.Tests.Datasets;

public sealed class TokenDatasetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StoryTextCorpus _stories = new(seed: 5, bytes: 60_000, validationFraction: 0.2);

    [Fact]
    public void Tokens_decode_to_the_documents_and_keep_their_ends_bytes_and_bits()
    {
        using var dataset = Prepare("data");
        foreach (var (shard, documents) in new[] { (dataset.Training, _stories.Training().ToList()), (dataset.Validation, _stories.Validation().ToList()) })
        {
            shard.Header.TextBytes.Should().Be(documents.Sum(d => d.Text.Length));
            shard.Header.TrueBits.Should().BeApproximately(documents.Sum(d => d.Bits), 1e-6);
            var ends = shard.DocumentEnds.ToArray();
            ends.Length.Should().Be(documents.Count);
            for (var d = 0; d < documents.Count; d++)
            {
                var tokens = new long[ends[d] - (d == 0 ? 0 : ends[d - 1])];
                shard.Read(ends[d] - tokens.Length, tokens);
                tokens[^1].Should().Be(dataset.EndOfText);
                dataset.Tokenizer.Decode(tokens.Select(t => (int)t)).Should().Be(documents[d].Text);
            }
        }
    }

    [Fact]
    public void What_was_made_is_found_again_and_made_anew_for_another_tokenizer()
    {
        Prepare("data").Dispose();
        var before = File.GetLastWriteTimeUtc(_folder.File("data/train.tokens"));
        Prepare("data").Dispose();
        File.GetLastWriteTimeUtc(_folder.File("data/train.tokens")).Should().Be(before);
        using var other = Prepare("data", vocabulary: 350);
        other.Tokenizer.VocabSize.Should().Be(350);
    }

    [Fact]
    public void Passes_are_cut_anew_and_validation_is_not_cut_by_chance()
    {
        var choice = new TokenizerChoice { VocabSize = 320, SamplingPasses = 3, Sampling = new() { Alpha = 0.3 } };
        var (last, total) = (0L, 0L);
        using var dataset = TokenDataset.Prepare(_stories, choice, _folder.File("data"), p => (last, total) = (p.Done, p.Total));
        last.Should().Be(_stories.Training().Concat(_stories.Validation()).Sum(d => d.Text.Length));
        total.Should().Be(_stories.Bytes);
        var documents = _stories.Training().ToList();
        var ids = Documents(dataset.Training);
        ids.Count.Should().Be(3 * documents.Count);
        ids.Select(d => dataset.Tokenizer.Decode(d[..^1])).Should().Equal(Enumerable.Repeat(documents.Select(d => d.Text), 3).SelectMany(t => t));
        for (var d = 0; d < documents.Count; d++)
            (ids[d].SequenceEqual(ids[d + documents.Count]) || ids[d + documents.Count].SequenceEqual(ids[d + 2 * documents.Count])).Should().BeFalse();
        Documents(dataset.Validation).Zip(_stories.Validation()).Should().AllSatisfy(p => p.First[..^1].Should().Equal(dataset.Tokenizer.EncodeIds(p.Second.Text)));

        using var again = TokenDataset.Prepare(_stories, choice, _folder.File("again"));
        Documents(again.Training).Should().BeEquivalentTo(ids, o => o.WithStrictOrdering());
        using var other = TokenDataset.Prepare(_stories, choice with { Sampling = new() { Alpha = 0.2 } }, _folder.File("again"));
        Documents(other.Training)[0].Should().NotEqual(ids[0]);
        var character = () => TokenDataset.Prepare(_stories, choice with { Kind = TokenizerKind.Character }, _folder.File("character"));
        character.Should().Throw<OptionsException>().WithMessage("*one way only*");
        Directory.Exists(_folder.File("character")).Should().BeFalse();

        static List<List<int>> Documents(TokenShard shard)
        {
            var documents = new List<List<int>>();
            long start = 0;
            foreach (var end in shard.DocumentEnds)
            {
                documents.Add([.. Enumerable.Range(0, (int)(end - start)).Select(i => shard[start + i])]);
                start = end;
            }
            return documents;
        }
    }

    [Fact]
    public void Cancelled_it_leaves_nothing()
    {
        using var cancelled = new CancellationTokenSource();
        var prepare = () => TokenDataset.Prepare(_stories, new TokenizerChoice { VocabSize = 320 }, _folder.File("data"), _ => cancelled.Cancel(), cancelled.Token);
        prepare.Should().Throw<OperationCanceledException>();
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().BeEmpty();
    }

    [Fact]
    public void Parts_of_a_document_become_one()
    {
        var tokenizer = Text.Tokenization.CharacterTokenizer.Train(["abc"]);
        TokenDataset.Encode([new("ab", Ends: false), new("ca"), new("b")], tokenizer, 0, _folder.File("parts"), null, default);
        using var shard = TokenShard.Open(_folder.File("parts"));
        shard.DocumentEnds.ToArray().Should().Equal(4, 5);
        shard.Verify();
    }

    private TokenDataset Prepare(string name, int vocabulary = 320) => TokenDataset.Prepare(_stories, new TokenizerChoice { VocabSize = vocabulary }, _folder.File(name));

    public void Dispose() => _folder.Dispose();
}
