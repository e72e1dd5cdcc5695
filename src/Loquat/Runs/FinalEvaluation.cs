using System.Text.Json;
using Loquat.Evaluation;
using Loquat.Text.Files;

namespace Loquat.Runs;

/// <summary>`evaluation.json`: the best checkpoint on the whole validation text, as training left it.</summary>
/// <param name="Step">The step of the checkpoint.</param>
/// <param name="Loss">Nats per token.</param>
/// <param name="LossInterval">Half the width of its 95 % interval; null where there is one row only.</param>
/// <param name="BitsPerByte">Bits per UTF-8 byte; null where what is predicted is no text.</param>
/// <param name="TrueBitsPerByte">What the text truly holds, where that is known.</param>
/// <param name="Tokens">Tokens predicted.</param>
public sealed record FinalEvaluation(long Step, double Loss, double? LossInterval, double? BitsPerByte, double? TrueBitsPerByte, long Tokens)
{
    private static readonly JsonSerializerOptions _json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    internal static void Write(string path, long step, EvaluationResult result)
    {
        if (!double.IsFinite(result.Loss)) return;
        var final = new FinalEvaluation(step, result.Loss, double.IsFinite(result.LossInterval) ? result.LossInterval : null, double.IsFinite(result.BitsPerByte) ? result.BitsPerByte : null, result.TrueBitsPerByte, result.Tokens);
        AtomicFolder.WriteFile(path, file => JsonSerializer.Serialize(file, final, _json));
    }

    /// <returns>Null where there is none.</returns>
    /// <exception cref="DataException">It is damaged.</exception>
    public static FinalEvaluation? Read(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<FinalEvaluation>(File.ReadAllText(path), _json) ?? throw new JsonException("it is empty");
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
