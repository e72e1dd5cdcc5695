using Loquat.Checkpoints;
using Loquat.FineTuning;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Text.Tokenization;

namespace Loquat.Tests.FineTuning;

/// <summary>Tags of words: files, and words of several tokens.</summary>
public sealed class TokenClassificationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Conll_and_rows_hold_the_same()
    {
        File.WriteAllText(_folder.File("a.conll"), "-DOCSTART- -X- O\n\nAnna NNP B-PER\nSmith NNP I-PER\nleft VBD O\n\nParis NNP B-LOC\n");
        File.WriteAllText(_folder.File("a.jsonl"), "{\"tokens\": [\"Anna\", \"Smith\", \"left\"], \"ner_tags\": [\"B-PER\", \"I-PER\", \"O\"]}\n{\"tokens\": [\"Paris\"], \"ner_tags\": [\"B-LOC\"]}\n");
        foreach (var file in (string[])["a.conll", "a.jsonl"])
        {
            var examples = TaggedFile.Read(_folder.File(file), null, null, labeled: true, TestContext.Current.CancellationToken);
            examples.Select(example => string.Join(' ', example.Words!.Zip(example.Tags!, (word, tag) => $"{word}/{tag}"))).Should().Equal("Anna/B-PER Smith/I-PER left/O", "Paris/B-LOC");
        }
        File.WriteAllText(_folder.File("b.conll"), "Anna B-PER\nSmith\n");
        ((Action)(() => TaggedFile.Read(_folder.File("b.conll"), null, null, labeled: true))).Should().Throw<DataException>().WithMessage("*line 2: 'Smith' has no tag*");
    }

    [Fact]
    public void The_first_token_of_a_word_has_its_tag_and_the_tags_come_back()
    {
        var folder = SharedFolder.Require("data", "models", "all-MiniLM-L6-v2");
        var encoder = new RowEncoder(Tokenizer.Load(folder), (EncoderConfig)ModelFolder.ReadConfig(folder), 32);
        Example[] examples =
        [
            Sentence("Unbelievably B-X", "Mr.Smith's I-X", "naïveté O", "( O", "x-ray B-Y", "😀 O"),
            Sentence([.. Enumerable.Range(0, 40).Select(i => $"word{i} {(i % 2 == 0 ? "B-X" : "O")}")]),
        ];
        var task = new TokenClassificationOptions().Begin(examples);
        var rows = task.Encode(examples, encoder);
        for (var i = 0; i < rows.Count; i++)
        {
            var told = rows[i].Places!.Select((place, t) => (place.Start, Label: rows[i].Labels[t])).Where(token => token.Start >= 0).ToList();
            told.Select(token => token.Start).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
            rows[i].Labels.Count(label => label >= 0).Should().Be(told.Count);
        }
        string[] tags = [.. task.WithHead((EncoderConfig)ModelFolder.ReadConfig(folder)).Labels];
        float[][] logits = [.. rows.Select(row =>
        {
            var said = new float[row.Ids.Length * tags.Length];
            for (var t = 0; t < row.Ids.Length; t++)
                if (row.Labels[t] >= 0) said[t * tags.Length + row.Labels[t]] = 5;
            return said;
        })];
        var predictions = task.Predict(examples, rows, logits);
        predictions[0].Label.Should().Be("B-X I-X O O B-Y O");
        predictions[0].Details!["entities"]!.AsArray().Should().HaveCount(2);
        // What is cut off is outside.
        predictions[1].Label.Split(' ').Should().HaveCount(40).And.EndWith("O");
        task.Score(examples[..1], [rows[0]], [logits[0]]).Should().Be(1);
    }

    private static Example Sentence(params string[] words) => new() { Text = string.Join(' ', words.Select(word => word.Split(' ')[0])), Words = [.. words.Select(word => word.Split(' ')[0])], Tags = [.. words.Select(word => word.Split(' ')[1])], Place = "" };

    public void Dispose() => _folder.Dispose();
}
