using System.Globalization;
using System.Text.RegularExpressions;

namespace Loquat.Objectives;

/// <summary>Rewards that a rule gives.</summary>
public static partial class VerifiableRewards
{
    /// <summary>1 where an answer is right, else 0.</summary>
    /// <param name="answer">What the model wrote.</param>
    /// <param name="expected">The answer that is known.</param>
    public static double Of(VerifiableReward reward, string answer, string expected) => reward switch
    {
        VerifiableReward.Number => LastNumber(answer) is { } said && LastNumber(expected) is { } known && said == known ? 1 : 0,
        _ => answer.Trim() == expected.Trim() ? 1 : 0,
    };

    /// <summary>As people write it: 1,234.5 and -7; null where there is none.</summary>
    private static decimal? LastNumber(string text) =>
        Numbers().Matches(text) is { Count: > 0 } found && decimal.TryParse(found[^1].Value.Replace(",", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(@"-?\d+(?:,\d{3})*(?:\.\d+)?", RegexOptions.CultureInvariant)]
    private static partial Regex Numbers();
}
