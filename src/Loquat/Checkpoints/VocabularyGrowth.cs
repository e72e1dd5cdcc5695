using Loquat.Layers;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Checkpoints;

/// <summary>A model with more tokens than it was trained with.</summary>
public static class VocabularyGrowth
{
    /// <summary>
    /// The same model with the vocabulary of another configuration. New rows of the embedding, the head and its bias are the mean of the old ones, and beside it the noise that a new model starts with:
    /// what was learned is hardly disturbed, and no two new tokens are alike (Hewitt 2021).
    /// </summary>
    /// <param name="model">Taken over: it is given back where nothing grows, and disposed otherwise.</param>
    /// <param name="config">Of the larger model.</param>
    /// <param name="seed">Of the noise.</param>
    /// <exception cref="CheckpointException">The two differ in more than their vocabularies.</exception>
    public static Model Grown(Model model, ModelConfig config, ulong seed)
    {
        if (config.VocabSize <= model.Config.VocabSize) return model;
        using var old = model;
        var grown = config.Build(model.Placement, seed);
        try
        {
            foreach (var parameter in grown.Parameters) Fill(parameter, old[parameter.Name], old.Config.VocabSize);
            return grown;
        }
        catch
        {
            grown.Dispose();
            throw;
        }
    }

    private static void Fill(Parameter grown, Parameter old, long tokens)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var (now, before) = (grown.Value.shape, old.Value.shape);
        if (now.SequenceEqual(before))
        {
            grown.Load(old.Value);
            return;
        }
        if (now.Length != before.Length || before[0] != tokens || !now.AsSpan(1).SequenceEqual(before.AsSpan(1)))
            throw new CheckpointException($"'{grown.Name}' is ({string.Join(", ", before)}), and with more tokens ({string.Join(", ", now)}): it cannot grow.");
        var rows = grown.Value.narrow(0, tokens, now[0] - tokens);
        var fresh = now.Length > 1 ? rows.to(ScalarType.Float32) : zeros_like(rows, dtype: ScalarType.Float32);
        var mean = old.Value.to(ScalarType.Float32).mean([0L], keepdim: true);                      // (1, E), or (1) of a bias
        grown.Load(cat([old.Value.to(ScalarType.Float32), mean + fresh], 0));
    }
}
