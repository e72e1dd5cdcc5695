using System.Runtime.InteropServices;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Deduplication;

namespace Loquat.Corpus.Preprocessing.Steps;

/// <summary>Hashes, as one process gives them to another.</summary>
internal static class SharedHashes
{
    public static void Write(BinaryWriter writer, ulong[] hashes)
    {
        writer.Write(hashes.Length);
        writer.Write(MemoryMarshal.AsBytes(hashes.AsSpan()));
    }

    public static ulong[] Read(BinaryReader reader)
    {
        var hashes = new ulong[reader.ReadInt32()];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(hashes.AsSpan()));
        return hashes;
    }
}

/// <summary>Drops near duplicates: of each cluster the first document stays.</summary>
public sealed class NearDuplicateStep(string name, NearDuplicateOptions options) : PreprocessingStep(name)
{
    private readonly NearDuplicates _finder = new(options);
    private int[]? _firsts;

    public override bool IsOrdered => true;

    public override bool NeedsAll => true;

    public override object? Prepare(Document document) => _finder.SketchOf(document.Text);

    internal override void Write(BinaryWriter writer, object? prepared)
    {
        var sketch = (NearDuplicates.Sketch)prepared!;
        SharedHashes.Write(writer, sketch.Shingles);
        SharedHashes.Write(writer, sketch.Bands);
    }

    internal override object Read(BinaryReader reader) => new NearDuplicates.Sketch(SharedHashes.Read(reader), SharedHashes.Read(reader));

    public override void Collect(object? prepared) => _finder.Add((NearDuplicates.Sketch)prepared!);

    public override StepResult Decide(Document document, object? prepared, int index) =>
        (_firsts ??= _finder.Firsts())[index] == index ? StepResult.Keep(document) : StepResult.Drop("near_duplicate");
}

/// <summary>Removes passages that came before in the corpus; drops what has nothing left.</summary>
public sealed class RepeatedSpansStep(string name, int minTokens) : PreprocessingStep(name)
{
    private readonly RepeatedSpans _spans = new(minTokens);

    public override bool IsOrdered => true;

    public override object? Prepare(Document document) => _spans.WindowsOf(document.Text);

    internal override void Write(BinaryWriter writer, object? prepared) => SharedHashes.Write(writer, (ulong[])prepared!);

    internal override object Read(BinaryReader reader) => SharedHashes.Read(reader);

    public override StepResult Decide(Document document, object? prepared, int index)
    {
        var left = RepeatedSpans.Without(document.Text, _spans.Later((ulong[])prepared!));
        return left.Length == 0 && document.Text.Length > 0 ? StepResult.Drop("nothing_left") : StepResult.Changed(document, left);
    }
}

/// <summary>Removes rows of sentences that came before in the corpus.</summary>
public sealed class RepeatedSentencesStep(string name, RepeatedSentencesOptions options) : PreprocessingStep(name)
{
    private readonly RepeatedSentences _sentences = new(options);

    public override bool IsOrdered => true;

    public override object? Prepare(Document document) => _sentences.Rows(document.Text);

    internal override void Write(BinaryWriter writer, object? prepared)
    {
        var (sentences, rows) = ((List<TextSpan>, ulong[]))prepared!;
        writer.Write(sentences.Count);
        foreach (var sentence in sentences)
        {
            writer.Write(sentence.Start);
            writer.Write(sentence.Length);
        }
        SharedHashes.Write(writer, rows);
    }

    internal override object Read(BinaryReader reader)
    {
        var sentences = new List<TextSpan>();
        for (var left = reader.ReadInt32(); left > 0; left--) sentences.Add(new(reader.ReadInt32(), reader.ReadInt32()));
        return (sentences, SharedHashes.Read(reader));
    }

    public override StepResult Decide(Document document, object? prepared, int index) =>
        _sentences.Next(document.Text, ((List<TextSpan>, ulong[]))prepared!) is { } left ? StepResult.Changed(document, left) : StepResult.Drop("too_little_left");
}
