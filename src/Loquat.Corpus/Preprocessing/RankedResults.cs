using System.Runtime.InteropServices;
using Loquat.Corpus.Preprocessing.Steps;
using Loquat.Corpus.Shards;

namespace Loquat.Corpus.Preprocessing;

/// <summary>What steps decided on a group of documents, as one process gives it to the others: what did not change is not told.</summary>
internal static class RankedResults
{
    private const byte Dropped = 0, Kept = 1, TextChanged = 2, OtherChanged = 4, Divided = 8;

    /// <summary>What is left of documents by a step's results.</summary>
    public static List<Document> Left(IReadOnlyList<StepResult> results) => [.. results.SelectMany(r => r.Document is null ? [] : r.Parts ?? [r.Document])];

    public static void Write(BinaryWriter writer, IReadOnlyList<Document> documents, IReadOnlyList<StepResult> results)
    {
        for (var i = 0; i < results.Count; i++)
        {
            var (before, result) = (documents[i], results[i]);
            if (result.Document is null)
            {
                writer.Write(Dropped);
                writer.Write(result.Reason!);
            }
            else if (result.Parts is { } parts)
            {
                writer.Write(Divided);
                writer.Write(parts.Count);
                foreach (var part in parts) Write(writer, before, part);
            }
            else Write(writer, before, result.Document);
        }
    }

    public static StepResult[] Read(BinaryReader reader, IReadOnlyList<Document> documents)
    {
        var results = new StepResult[documents.Count];
        for (var i = 0; i < results.Length; i++)
        {
            var (before, kind) = (documents[i], reader.ReadByte());
            if (kind == Dropped) results[i] = StepResult.Drop(reader.ReadString());
            else if (kind == Divided)
            {
                var parts = new Document[reader.ReadInt32()];
                for (var p = 0; p < parts.Length; p++) parts[p] = Read(reader, before, reader.ReadByte());
                results[i] = StepResult.Divide(before, parts);
            }
            else results[i] = StepResult.Keep(Read(reader, before, kind));
        }
        return results;
    }

    private static void Write(BinaryWriter writer, Document before, Document after)
    {
        var text = ReferenceEquals(before.Text, after.Text) || before.Text == after.Text ? 0 : TextChanged;
        var other = ReferenceEquals(before, after) || before with { Text = "" } == after with { Text = "" } ? 0 : OtherChanged;
        writer.Write((byte)(Kept | text | other));
        if (text != 0)
        {
            writer.Write(after.Text.Length);
            writer.Write(MemoryMarshal.AsBytes(after.Text.AsSpan())); // as it is in memory: no half of a pair is mended on the way
        }
        if (other == 0) return;
        using var json = new MemoryStream();
        DocumentJson.Write(json, after with { Text = "" });
        writer.Write((int)json.Length);
        writer.Write(json.GetBuffer(), 0, (int)json.Length);
    }

    private static Document Read(BinaryReader reader, Document before, byte kind)
    {
        var text = before.Text;
        if ((kind & TextChanged) != 0)
        {
            var characters = new char[reader.ReadInt32()];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(characters.AsSpan()));
            text = new string(characters);
        }
        if ((kind & OtherChanged) != 0) return DocumentJson.Read(reader.ReadBytes(reader.ReadInt32()), before.Id) with { Text = text };
        return ReferenceEquals(text, before.Text) ? before : before with { Text = text };
    }
}
