namespace Loquat.Corpus.Preprocessing.Filters;

/// <summary>What a filter measured, and whether it may stay.</summary>
/// <param name="Name">What was measured: <c>hash_ratio</c>.</param>
/// <param name="Value">How much there was.</param>
/// <param name="Reason">Why a document with this value is dropped; null where it may stay.</param>
public readonly record struct QualityRule(string Name, double Value, string? Reason);

/// <summary>Rules that a document must meet, in their order. The first that it does not meet is why it is dropped.</summary>
public abstract class QualityFilter
{
    /// <summary>Every measurement of a document, in order. Nothing is measured before it is asked for, so that who wants the first reason pays for no more.</summary>
    public abstract IEnumerable<QualityRule> Measure(MeasuredText text);

    /// <summary>Why the document is dropped; null where it is kept.</summary>
    public string? FirstFailure(MeasuredText text)
    {
        foreach (var rule in Measure(text))
            if (rule.Reason is not null) return rule.Reason;
        return null;
    }

    /// <inheritdoc cref="FirstFailure(MeasuredText)"/>
    public string? FirstFailure(string text) => FirstFailure(new MeasuredText(text));

    /// <summary>All reasons to drop the document, in order.</summary>
    public IReadOnlyList<string> Failures(string text) => [.. Measure(new MeasuredText(text)).Where(r => r.Reason is not null).Select(r => r.Reason!)];
}
