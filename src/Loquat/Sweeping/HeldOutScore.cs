using Loquat.Checkpoints;
using Loquat.Corpus.Collection;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Sweeping;

/// <summary>A model on a text that was never used for a choice.</summary>
/// <param name="Loss">Nats per token.</param>
/// <param name="LossInterval">Half the width of its 95 % interval; null where there is one row only.</param>
/// <param name="BitsPerByte">Null where what is predicted is no text.</param>
/// <param name="Tokens">Tokens predicted.</param>
public sealed record HeldOutScore(double Loss, double? LossInterval, double? BitsPerByte, long Tokens)
{
    /// <exception cref="DataException">There is no text.</exception>
    internal static HeldOutScore Of(RunFolder run, Recipe recipe, string path, CancellationToken cancellation)
    {
        using var model = ModelFolder.Load(run.Best, Placement.Of(), cancellation);
        var tokenizer = Tokenizer.Load(run.Best);
        var temporary = Path.Combine(run.Root, $".test-{Environment.ProcessId}");
        try
        {
            var sources = new SourceFiles();
            TokenDataset.Encode(sources.Find(path, null, Skip).SelectMany(file => sources.Read(file, Skip)), tokenizer, 0, temporary, null, cancellation);
            using var shard = TokenShard.Open(temporary);
            if (shard.Count < 2) throw new DataException($"test_path: {path}: there is no text to score.");
            // A causal model is scored on the text itself, whatever it learned from it.
            var objective = model.Config.Kind == ModelKind.Causal ? new CausalOptions() : recipe.Objective;
            var result = objective.For(new(tokenizer, model.Config, recipe.ContextLength, recipe.Seed)).Evaluator(shard, tokenizer).Evaluate(model, recipe.Training.PerDeviceTrainBatchSize, cancellation: cancellation);
            return new(result.Loss, Finite(result.LossInterval), Finite(result.BitsPerByte), result.Tokens);
        }
        finally
        {
            File.Delete(temporary);
        }

        static void Skip(string file, string reason)
        {
            // What is no text is left out, as in training.
        }

        static double? Finite(double value) => double.IsFinite(value) ? value : null;
    }
}
