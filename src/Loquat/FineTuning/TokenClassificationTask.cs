using System.Text.Json.Nodes;
using Loquat.FineTuning.Examples;
using Loquat.Models;
using Loquat.Models.Heads;
using Loquat.Text.Metrics;

namespace Loquat.FineTuning;

/// <summary>A tag for each word, told at its first token (Devlin et al. 2019, section 5.3).</summary>
internal sealed class TokenClassificationTask(IReadOnlyList<string> tags, TaggingScheme scheme) : FineTuningTask
{
    private const string Outside = "O";
    private const int MostNamed = 12, MostWorst = 10;

    private readonly Dictionary<string, int> _ids = tags.Index().ToDictionary(entry => entry.Item, entry => entry.Index, StringComparer.Ordinal);

    // Parts of speech are no entities.
    private bool AreEntities { get; } = tags.Contains(Outside) && tags.All(tag => tag == Outside || tag.Length > 1 && "BIESLU".Contains(tag[0]) && tag[1] is '-' or '_');

    public override string Measure => AreEntities ? "F1" : "accuracy";

    public override bool LabelsTokens => true;

    public override string Describe(IReadOnlyList<Example> train) =>
        $"{tags.Count} tags: {string.Join(", ", tags.Take(MostNamed))}{(tags.Count > MostNamed ? $" and {tags.Count - MostNamed} more" : "")}, {train.Sum(example => example.Words!.Count):N0} words{(AreEntities ? $"; entities as {(scheme == TaggingScheme.Lenient ? "conlleval finds them" : scheme.ToString().ToUpperInvariant())}" : "")}";

    public override IEnumerable<string> Warnings(ExampleSets sets)
    {
        if (tags.Where(tag => sets.Test.All(example => !example.Tags!.Contains(tag))).ToList() is { Count: > 0 } missing)
            yield return $"no test word has the tag {string.Join(", ", missing.Take(MostNamed))}: how good the model is at {(missing.Count == 1 ? "it" : "them")} is not measured.";
        var known = sets.Train.Select(example => example.Text).ToHashSet(StringComparer.Ordinal);
        if (sets.Test.Count(example => known.Contains(example.Text)) is > 0 and var seen) yield return $"{seen:N0} test sentences are among the training sentences too: the figures flatter the model.";
    }

    public override EncoderConfig WithHead(EncoderConfig config) => config with { Head = HeadKind.TokenClassification, Labels = tags, ProblemType = null };

    public override IReadOnlyList<TaskRow> Encode(IReadOnlyList<Example> examples, RowEncoder encoder)
    {
        List<Example> cut = [.. examples.Select(example => example.Words is null ? example with { Words = TaggedFile.Words(example.Text) } : example)];
        var encodings = encoder.Encode([.. cut.Select(example => (string.Join(' ', example.Words!), (string?)null))]);
        return [.. encodings.Select((encoding, i) =>
        {
            var (words, offsets, starts) = (cut[i].Words!, encoding.Utf16Offsets, Starts(cut[i].Words!));
            var labels = new long[encoding.Count];
            var places = new (int Start, int End)[encoding.Count];
            Array.Fill(labels, -100);
            Array.Fill(places, (-1, -1));
            var before = -1;
            for (var t = 0; t < labels.Length; t++)
            {
                if (encoding.SequenceIds[t] is null || offsets[t].End <= offsets[t].Start) continue;
                // The space before a word may be part of its first token.
                var word = Array.BinarySearch(starts, offsets[t].End - 1) is >= 0 and var exact ? exact : ~Array.BinarySearch(starts, offsets[t].End - 1) - 1;
                if (word == before) continue;
                before = word;
                places[t] = (word, word + 1);
                labels[t] = cut[i].Tags is { } told ? IdOf(told[word], cut[i].Place) : 0;
            }
            return encoder.Row(i, encoding) with { Labels = labels, Places = places };
        })];
    }

    public override IReadOnlyList<double> Losses(TaskRow row, float[] logits) =>
        [.. Enumerable.Range(0, row.Ids.Length).Where(t => row.Labels[t] >= 0).Select(t => -Softmax.Logarithms(logits.AsSpan(t * tags.Count, tags.Count))[row.Labels[t]])];

    public override double Score(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits)
    {
        var (truth, said) = (Truth(examples), Said(examples, rows, logits));
        return AreEntities ? SequenceLabels.Report(Entities(truth), Entities(said)).First(line => line.Name == "micro avg").Score.F : SequenceLabels.Accuracy(truth, said);
    }

    public override TaskResult Result(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits)
    {
        var (truth, said) = (Truth(examples), Said(examples, rows, logits));
        var right = truth.Zip(said).Sum(pair => pair.First.Zip(pair.Second).Count(tag => tag.First == tag.Second));
        var words = truth.Sum(sentence => sentence.Count);
        var (low, high) = Significance.Wilson(right, words);
        List<TaskFigure> figures = [];
        List<ClassFigure> classes;
        if (AreEntities)
        {
            var report = SequenceLabels.Report(Entities(truth), Entities(said));
            var micro = report.First(line => line.Name == "micro avg").Score;
            figures.AddRange([new("F1", micro.F), new("precision", micro.Precision), new("recall", micro.Recall), new("macro F1", report.First(line => line.Name == "macro avg").Score.F)]);
            classes = [.. report.SkipLast(3).Select(line => new ClassFigure(line.Name, line.Score.Precision, line.Score.Recall, line.Score.F, (int)line.Score.Support))];
        }
        else
        {
            var scores = new Classification<string>([.. truth.SelectMany(tag => tag)], [.. said.SelectMany(tag => tag)], tags);
            classes = [.. scores.PerClass().Select((score, i) => new ClassFigure(tags[i], score.Precision, score.Recall, score.F, (int)score.Support))];
        }
        var accuracy = new TaskFigure("accuracy of words", (double)right / words, low, high);
        if (AreEntities) figures.Add(accuracy);
        else figures.Insert(0, accuracy);
        return new()
        {
            Count = words,
            Figures = figures,
            Classes = classes,
            Worst = [.. examples.Index().Select(entry => (entry.Index, Wrong: truth[entry.Index].Zip(said[entry.Index]).Count(tag => tag.First != tag.Second))).Where(sentence => sentence.Wrong > 0)
                .OrderByDescending(sentence => sentence.Wrong).ThenBy(sentence => sentence.Index).Take(MostWorst)
                .Select(sentence => new WorstExample(examples[sentence.Index].Place, examples[sentence.Index].Text, Spoken(truth[sentence.Index]), Spoken(said[sentence.Index]), null))],
            Advice = [.. classes.Where(c => c.Count > 0 && c.Recall < 0.5).OrderBy(c => c.Recall).Take(3).Select(c => $"{c.Label} is found in few of its {c.Count:N0} places: give more sentences with it.")],
        };
    }

    public override IReadOnlyList<Prediction> Predict(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits)
    {
        var said = Said(examples, rows, logits);
        return [.. examples.Select((example, i) =>
        {
            var words = example.Words ?? TaggedFile.Words(example.Text);
            var details = new JsonObject { ["words"] = Texts(words), ["tags"] = Texts(said[i]) };
            if (AreEntities) details["entities"] = new JsonArray([.. Entities([said[i]])[0].Select(e => (JsonNode)new JsonObject { ["type"] = e.Type, ["text"] = string.Join(' ', words.Skip(e.Start).Take(e.End - e.Start)), ["start"] = e.Start, ["end"] = e.End })]);
            return new Prediction(example.Text, string.Join(' ', said[i]), null) { Details = details };
        })];
    }

    private static JsonArray Texts(IReadOnlyList<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    /// <summary>Where each word begins in the words joined by spaces.</summary>
    private static int[] Starts(IReadOnlyList<string> words)
    {
        var starts = new int[words.Count];
        for (var i = 1; i < starts.Length; i++) starts[i] = starts[i - 1] + words[i - 1].Length + 1;
        return starts;
    }

    private static List<IReadOnlyList<string>> Truth(IReadOnlyList<Example> examples) => [.. examples.Select(example => example.Tags!)];

    /// <summary>A tag for every word; what was cut off, or has no token, is outside.</summary>
    private List<IReadOnlyList<string>> Said(IReadOnlyList<Example> examples, IReadOnlyList<TaskRow> rows, IReadOnlyList<float[]> logits) => [.. rows.Select((row, i) =>
    {
        var words = examples[row.Example].Words ?? TaggedFile.Words(examples[row.Example].Text);
        var told = new string[words.Count];
        Array.Fill(told, tags.Contains(Outside) ? Outside : tags[0]);
        for (var t = 0; t < row.Ids.Length; t++)
            if (row.Places![t].Start >= 0) told[row.Places[t].Start] = tags[Softmax.Largest(logits[i].AsSpan(t * tags.Count, tags.Count))];
        return (IReadOnlyList<string>)told;
    })];

    private List<IReadOnlyList<Entity>> Entities(List<IReadOnlyList<string>> sentences) => sentences.ConvertAll(sentence => scheme == TaggingScheme.Lenient ? SequenceLabels.Entities(sentence) : SequenceLabels.Entities(sentence, Enum.Parse<TagScheme>(scheme.ToString())));

    private string Spoken(IReadOnlyList<string> sentence) => AreEntities ? string.Join(' ', Entities([sentence])[0].Select(e => $"{e.Type}[{e.Start}..{e.End})")) is { Length: > 0 } some ? some : "no entity" : string.Join(' ', sentence);

    private int IdOf(string tag, string place) => _ids.TryGetValue(tag, out var id) ? id
        : throw new DataException($"{place}: the tag '{tag}' is none of the {tags.Count} that are learned ({string.Join(", ", tags.Take(MostNamed))}{(tags.Count > MostNamed ? ", …" : "")}). Every tag needs examples to learn from.");
}
