using Loquat.Evaluation;

namespace Loquat.Cli.Display;

/// <summary>An evaluation in words.</summary>
internal static class EvaluationReport
{
    public static IEnumerable<string> Lines(EvaluationResult result)
    {
        yield return $"validation loss  {result.Loss:F4} ± {result.LossInterval:F4} nats per token ({result.Tokens:N0} tokens)";
        yield return $"perplexity       {result.Perplexity:F3}";
        yield return $"bits per byte    {result.BitsPerByte:F4} ± {result.BitsPerByteInterval:F4} ({result.Bytes:N0} bytes)";
        if (result.TrueBitsPerByte is not { } truth) yield break;
        yield return $"the limit        {truth:F4} bits per byte, the true entropy of the text: the model is {result.DistanceToTruth:P1} above it";
    }
}
