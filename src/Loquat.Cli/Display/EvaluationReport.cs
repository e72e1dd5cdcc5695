using Loquat.Evaluation;

namespace Loquat.Cli.Display;

/// <summary>An evaluation in words.</summary>
internal static class EvaluationReport
{
    public static IEnumerable<string> Lines(EvaluationResult result)
    {
        // The loss of what has figures of its own is not that of tokens.
        var tokens = result.Figures.Count == 0 && result.Score is null;
        yield return $"validation loss  {Estimate(result.Loss, result.LossInterval)}{(tokens ? $" nats per token ({result.Tokens:N0} tokens)" : "")}";
        if (tokens) yield return $"perplexity       {result.Perplexity:F3}";
        if (result.Score is { } score) yield return $"{score.Name,-16} {score.Value:F4}";
        if (result.Bytes > 0) yield return $"bits per byte    {Estimate(result.BitsPerByte, result.BitsPerByteInterval)} ({result.Bytes:N0} bytes)";
        foreach (var figure in result.Figures) yield return $"{figure.Name,-16} {figure.Value:F4}";
        if (result.TrueBitsPerByte is not { } truth) yield break;
        yield return $"the limit        {truth:F4} bits per byte, the true entropy of the text: the model is {result.DistanceToTruth:P1} above it";
    }

    /// <summary>Bits per byte of a text, or what a task is judged by, after a separator; nothing where there is neither.</summary>
    public static string Figure(string separator, EvaluationResult result) => result.Figures is [var first, ..] ? $"{separator}{first.Name} {first.Value:F4}" : result.Score is { } score ? $"{separator}{score.Name} {score.Value:F4}" : result.Bytes > 0 ? $"{separator}{result.BitsPerByte:F4} bits per byte" : "";

    /// <summary>A figure with its 95 % interval, which a single row does not have.</summary>
    public static string Estimate(double value, double interval) => double.IsFinite(interval) ? $"{value:F4} ± {interval:F4}" : $"{value:F4}";
}
