using Loquat.Layers;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>Answers that a model draws, several at once, from the generator of the step.</summary>
internal static class Answers
{
    // G answers, V vocabulary

    /// <param name="prompt">What is answered.</param>
    /// <param name="count">G.</param>
    /// <param name="most">Tokens of each at most.</param>
    /// <param name="greedy">Whether the likeliest token is always taken.</param>
    /// <returns>Tokens of each, with the one that ended it where one did.</returns>
    public static List<long[]> Draw(CausalModel model, long[] prompt, int count, int most, bool greedy)
    {
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        using var cache = model.NewCache(count, prompt.Length + most);
        List<long>[] answers = [.. Enumerable.Range(0, count).Select(_ => new List<long>())];
        var ended = new bool[count];
        var next = Enumerable.Repeat(prompt, count).SelectMany(ids => ids).ToArray();
        for (var step = 0; step < most && ended.Contains(false); step++)
        {
            using var inner = NewDisposeScope();
            var hidden = model.Hidden(tensor(next, [count, next.Length / count], device: model.Placement.Device), new ForwardContext { Cache = cache });
            var logits = model.Project(hidden.narrow(1, hidden.shape[1] - 1, 1)).squeeze(1).to(ScalarType.Float32).cpu();       // (G, V)
            next = (greedy ? logits.argmax(-1) : logits.softmax(-1).multinomial(1, generator: Randomness.For(logits.device))).reshape(-1).data<long>().ToArray();
            for (var i = 0; i < count; i++)
            {
                if (ended[i]) continue;
                answers[i].Add(next[i]);
                ended[i] = model.Config.EosTokenIds.Contains((int)next[i]);
            }
        }
        return [.. answers.Select(answer => answer.ToArray())];
    }
}
