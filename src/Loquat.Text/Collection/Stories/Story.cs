namespace Loquat.Text.Collection.Stories;

/// <summary>One generated story.</summary>
/// <param name="Text">ASCII, 60 to 400 words, lines ended by <c>\n</c> inside but not at the end.</param>
/// <param name="Bits">Its exact information: minus the binary logarithm of the probability that the generator writes this text.</param>
/// <param name="Index">Its place in the corpus, from 0.</param>
public sealed record Story(string Text, double Bits, long Index);

/// <summary>What was written or scored.</summary>
/// <param name="Stories">Documents.</param>
/// <param name="StoryBytes">Bytes of the stories, without separators.</param>
/// <param name="Bits">Their information together.</param>
public readonly record struct StoryTotals(long Stories, long StoryBytes, double Bits)
{
    /// <summary>The true entropy of the text in bits per byte: what a perfect model reaches. 0 where there is no text.</summary>
    public double BitsPerByte => StoryBytes == 0 ? 0 : Bits / StoryBytes;
}
