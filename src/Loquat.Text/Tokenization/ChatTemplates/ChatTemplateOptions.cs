namespace Loquat.Text.Tokenization.ChatTemplates;

/// <summary>Limits that end a template that would not end by itself, and the clock it may read.</summary>
public sealed record ChatTemplateOptions
{
    /// <summary>Steps a rendering may take: an expression, a statement, an item or eight characters of text work count as one. From 1; default 50,000,000 (about 2 seconds).</summary>
    public long MaxSteps { get; init; } = 50_000_000;

    /// <summary>Longest text, in UTF-16 units, that a rendering may build. From 1; default 64 Mi.</summary>
    public int MaxOutputLength { get; init; } = 64 << 20;

    /// <summary>Whether a name or field that is not there may not be written (Jinja's StrictUndefined); it may still be tested, and given a default. Default: it is written as nothing.</summary>
    public bool StrictUndefined { get; init; }

    /// <summary>The clock that <c>strftime_now</c> reads.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
