using System.Text.RegularExpressions;

namespace Loquat.Text.Metrics;

/// <summary>Whether answers are those that were expected, letter for letter but for what the options leave out; white space counts. lm-evaluation-harness's `exact_match`.</summary>
public sealed class ExactMatch
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1); // with one pattern on one answer

    public bool IgnoreCase { get; init; }

    /// <summary>Whether the 32 ASCII marks are left out.</summary>
    public bool IgnorePunctuation { get; init; }

    /// <summary>Whether the digits 0 to 9 are left out.</summary>
    public bool IgnoreNumbers { get; init; }

    /// <summary>Regular expressions of what is left out, one after the other, before all else.</summary>
    public IReadOnlyList<string> RegexesToIgnore { get; init; } = [];

    /// <exception cref="OptionsException">A pattern is none, or takes more than a second.</exception>
    public bool Matches(string prediction, string reference) => Stripped(prediction) == Stripped(reference);

    private string Stripped(string text)
    {
        foreach (var pattern in RegexesToIgnore)
        {
            try
            {
                text = Regex.Replace(text, pattern, "", RegexOptions.CultureInvariant, _patience);
            }
            catch (Exception error) when (error is ArgumentException or RegexMatchTimeoutException)
            {
                throw new OptionsException($"the pattern '{pattern}' cannot be used: {error.Message}");
            }
        }
        if (IgnoreCase) text = MetricText.Lower(text);
        if (IgnorePunctuation) text = string.Concat(text.Where(c => !(c < 128 && (char.IsPunctuation(c) || char.IsSymbol(c)))));
        return IgnoreNumbers ? string.Concat(text.Where(c => !char.IsAsciiDigit(c))) : text;
    }
}
