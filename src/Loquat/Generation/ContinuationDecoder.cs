using System.Text;
using Loquat.Text.Tokenization;

namespace Loquat.Generation;

/// <summary>
/// The text that tokens add to a prompt: what decoding all gives less what decoding the prompt gives. A decoder may drop the first space of a text, or join a word to the one before
/// it, so tokens decoded by themselves would not give it.
/// </summary>
internal sealed class ContinuationDecoder
{
    private readonly TokenStreamDecoder _decoder;
    private string _promptLeft; // the end of the prompt's text that the stream has not given yet

    public ContinuationDecoder(Tokenizer tokenizer, IReadOnlyList<int> prompt)
    {
        _decoder = new(tokenizer);
        var given = new StringBuilder();
        foreach (var id in prompt) given.Append(_decoder.Append(id));
        var text = tokenizer.Decode(prompt);
        _promptLeft = text[CommonLength(text, given.ToString())..];
    }

    /// <returns>The characters that this token completes; often none.</returns>
    public string Append(int id) => WithoutPrompt(_decoder.Append(id));

    /// <returns>What is left.</returns>
    public string Flush() => WithoutPrompt(_decoder.Flush());

    private string WithoutPrompt(string text)
    {
        if (_promptLeft.Length == 0) return text;
        var common = CommonLength(_promptLeft, text);
        // Where new tokens change how the prompt's end reads, the text differs from there on.
        _promptLeft = common == text.Length ? _promptLeft[common..] : "";
        return text[common..];
    }

    private static int CommonLength(string first, string second) => first.AsSpan().CommonPrefixLength(second);
}
