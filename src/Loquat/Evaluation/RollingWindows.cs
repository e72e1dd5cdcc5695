namespace Loquat.Evaluation;

/// <summary>A text of any length cut into requests, so that every token is scored once and knows as much before it as is asked for.</summary>
public static class RollingWindows
{
    /// <param name="tokens">The text.</param>
    /// <param name="prefix">What the first token is predicted from.</param>
    /// <param name="longest">Tokens that the model reads at once.</param>
    /// <param name="context">Tokens of earlier text that each window after the first begins with, at least; 1: windows do not overlap. 1 to <paramref name="longest"/>.</param>
    /// <exception cref="OptionsException">A number is out of its range.</exception>
    public static IEnumerable<LikelihoodRequest> Of(IReadOnlyList<int> tokens, int prefix, int longest, int context = 1)
    {
        if (longest < 1) throw new OptionsException($"windows of {longest} tokens cannot be; they need 1 or more.");
        if (context < 1 || context > longest) throw new OptionsException($"a context of {context} tokens in windows of {longest} cannot be; it is 1 to {longest}.");
        return Windows(tokens, prefix, longest, context);
    }

    private static IEnumerable<LikelihoodRequest> Windows(IReadOnlyList<int> tokens, int prefix, int longest, int context)
    {
        if (tokens.Count == 0) yield break;
        var first = Math.Min(longest, tokens.Count);
        yield return new([prefix], [.. tokens.Take(first)]);
        for (var done = first; done < tokens.Count;)
        {
            var count = Math.Min(tokens.Count - done, longest - context + 1);
            var end = done + count;
            var begin = end - longest - 1;
            yield return new([.. tokens.Skip(begin).Take(done - begin)], [.. tokens.Skip(done).Take(count)]);
            done = end;
        }
    }

    /// <summary>Windows of a fixed length that move by a stride: each scores what the one before did not reach, the very first token of the text excepted.</summary>
    /// <param name="stride">1 to <paramref name="longest"/>; fewer: more context, more work.</param>
    /// <exception cref="OptionsException">A number is out of its range.</exception>
    public static IEnumerable<LikelihoodRequest> Strided(IReadOnlyList<int> tokens, int longest, int stride)
    {
        if (longest < 2) throw new OptionsException($"windows of {longest} tokens predict nothing; they need 2 or more.");
        if (stride < 1 || stride > longest) throw new OptionsException($"a stride of {stride} tokens in windows of {longest} cannot be; it is 1 to {longest}.");
        return Slide(tokens, longest, stride);
    }

    private static IEnumerable<LikelihoodRequest> Slide(IReadOnlyList<int> tokens, int longest, int stride)
    {
        var done = 0;
        for (var begin = 0; begin < tokens.Count; begin += stride)
        {
            var end = Math.Min(begin + longest, tokens.Count);
            // The first token of a window is predicted by none in it.
            var first = Math.Max(done, begin + 1);
            if (end > first) yield return new([.. tokens.Skip(begin).Take(first - begin)], [.. tokens.Skip(first).Take(end - first)]);
            done = end;
            if (end == tokens.Count) yield break;
        }
    }
}
