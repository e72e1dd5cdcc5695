using Loquat.Text.Collection.Stories;

namespace Loquat.Text.Collection;

/// <summary>The built-in stories as a corpus: the first stories train, those after them validate, and each carries its true information.</summary>
public sealed class StoryTextCorpus : ITextCorpus
{
    private readonly StoryCorpus _stories;
    private readonly long _trainingBytes;
    private readonly long _validationBytes;
    private readonly long _firstOfValidation;

    /// <param name="bytes">UTF-8 bytes of both splits together.</param>
    /// <param name="validationFraction">Share of them that validates. Above 0, below 1.</param>
    public StoryTextCorpus(ulong seed, long bytes, double validationFraction)
    {
        _stories = new StoryCorpus(seed);
        _validationBytes = Math.Max(1, (long)(bytes * validationFraction));
        _trainingBytes = Math.Max(1, bytes - _validationBytes);
        // Every story has more than one byte, so training never reaches this index.
        _firstOfValidation = _trainingBytes;
        Bytes = bytes;
        Fingerprint = $"stories:{StoryVersion()}:{seed}:{_trainingBytes}:{_validationBytes}";
    }

    public string Description => $"{Bytes / 1e6:0.#} MB of built-in stories";

    public string Fingerprint { get; }

    public long Bytes { get; }

    public IEnumerable<TextDocument> Training() => From(0, _trainingBytes);

    public IEnumerable<TextDocument> Validation() => From(_firstOfValidation, _validationBytes);

    private IEnumerable<TextDocument> From(long first, long bytes)
    {
        foreach (var story in _stories.Stories(first))
        {
            yield return new TextDocument(story.Text, Bits: story.Bits);
            // Stories are ASCII: a character is a byte.
            if ((bytes -= story.Text.Length) <= 0) yield break;
        }
    }

    // A change of the grammar changes the stories, and this with them.
    private string StoryVersion() => $"{System.IO.Hashing.XxHash3.HashToUInt64(System.Text.Encoding.ASCII.GetBytes(_stories.At(0).Text)):x}";
}
