namespace Loquat.Corpus.Preprocessing.Steps;

/// <summary>What a step made of a document.</summary>
/// <param name="Document">The document, changed or not; null where it is dropped.</param>
/// <param name="Reason">Why it is dropped; null where it is kept.</param>
public readonly record struct StepResult(Document? Document, string? Reason)
{
    /// <summary>The documents that it was divided into; null where it stays one.</summary>
    public IReadOnlyList<Document>? Parts { get; private init; }

    /// <summary>Several documents in its place, in their order; each needs an id of its own.</summary>
    public static StepResult Divide(Document document, IReadOnlyList<Document> parts) => new(document, null) { Parts = parts };

    public static StepResult Keep(Document document) => new(document, null);

    public static StepResult Drop(string reason) => new(null, reason);

    /// <summary>The document with this text; the same object where the text is the same.</summary>
    public static StepResult Changed(Document document, string text) => new((object)text == document.Text || text == document.Text ? document : document with { Text = text }, null);
}

/// <summary>A step that looks at one document at a time. It is asked from many threads at once.</summary>
public abstract class PreprocessingStep(string name)
{
    public string Name { get; } = name;

    /// <summary>What of the work needs no other document: hashes, sketches.</summary>
    public virtual object? Prepare(Document document) => null;

    /// <summary>Writes what <see cref="Prepare"/> gave, for another process to read.</summary>
    internal virtual void Write(BinaryWriter writer, object? prepared) => throw new NotSupportedException($"{Name} is not shared among processes.");

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    internal virtual object? Read(BinaryReader reader) => throw new NotSupportedException($"{Name} is not shared among processes.");

    /// <summary>Whether documents must come one after the other, in the order of the corpus, because what came before decides.</summary>
    public virtual bool IsOrdered => false;

    /// <summary>Whether every document must have been prepared before the first is decided.</summary>
    public virtual bool NeedsAll => false;

    /// <summary>Called for each document in order before the first decision, where <see cref="NeedsAll"/>.</summary>
    public virtual void Collect(object? prepared)
    {
    }

    /// <param name="index">The document's number among those that reached the step.</param>
    public abstract StepResult Decide(Document document, object? prepared, int index);
}

/// <summary>A step that a function is.</summary>
public sealed class DocumentStep(string name, Func<Document, StepResult> decide) : PreprocessingStep(name)
{
    public override StepResult Decide(Document document, object? prepared, int index) => decide(document);
}

/// <summary>Drops documents whose key came before; of a null key none.</summary>
public sealed class FirstOnlyStep(string name, Func<Document, string?> key, string reason) : PreprocessingStep(name)
{
    private readonly HashSet<UInt128> _seen = [];

    public override bool IsOrdered => true;

    public override object? Prepare(Document document) =>
        key(document) is { } text ? System.IO.Hashing.XxHash128.HashToUInt128(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.AsSpan())) : null;

    internal override void Write(BinaryWriter writer, object? prepared)
    {
        writer.Write(prepared is not null);
        if (prepared is not UInt128 hash) return;
        writer.Write((ulong)(hash >> 64));
        writer.Write((ulong)hash);
    }

    internal override object? Read(BinaryReader reader) => reader.ReadBoolean() ? new UInt128(reader.ReadUInt64(), reader.ReadUInt64()) : null;

    public override StepResult Decide(Document document, object? prepared, int index) => prepared is UInt128 hash && !_seen.Add(hash) ? StepResult.Drop(reason) : StepResult.Keep(document);
}
