using System.CommandLine;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Models;
using Loquat.Native;
using Loquat.Optimization.Rules;
using Loquat.Planning;
using Loquat.Recipes;
using Loquat.Text.Collection;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat plan RECIPE`: what a run costs before it is made.</summary>
internal static class PlanVerb
{
    public static Command Create()
    {
        var recipe = PathOption.Argument("recipe", "A recipe (.yaml or .json).");
        var set = new Option<string[]>("--set") { Description = "Override a value: key.path=value. May be given several times.", AllowMultipleArgumentsPerToken = true };
        var verb = new Command("plan", "Tell the parameters, operations, memory and time of a run on this machine, from the figures that doctor measured.") { recipe, set };
        verb.WithExamples("""
            loquat plan recipes/shakespeare-char.yaml
            loquat plan recipes/shakespeare-char.yaml --set model.hidden_size=512
            """);
        verb.SetAction(parsed =>
        {
            var read = RecipeFile.Load(parsed.GetValue(recipe)!, parsed.GetValue(set));
            foreach (var line in Lines(read, MachineProbe.Cached())) Console.Out.WriteLine(line);
            return 0;
        });
        return verb;
    }

    private static IEnumerable<string> Lines(Recipe recipe, MachineReport machine)
    {
        var config = recipe.Model.ToConfig(Vocabulary(recipe), null);
        if (ModelShape.Find(config) is not { } shape)
        {
            foreach (var line in Whole(recipe, config, machine)) yield return line;
            yield break;
        }
        var training = recipe.Training;
        var bfloat16 = training.Precision.Resolve() == Precision.BFloat16;
        yield return $"{recipe.Name}: {config.ModelType}, {config.VocabSize:N0} tokens in the vocabulary, context {recipe.ContextLength:N0}, {(bfloat16 ? "bf16" : "fp32")}";
        yield return "";
        yield return "parameters";
        var parameters = shape.Parameters();
        foreach (var (component, count, each) in parameters.Rows())
            yield return $"  {component,-20} {count * each,15:N0}{(count > 1 ? $"   {count} × {each:N0}" : "")}";
        yield return $"  {"total",-20} {parameters.Total,15:N0}";
        if (recipe.DescribeAdapter(config) is { } adapter) yield return $"  {adapter}";
        if (recipe.DescribeTeacher() is { } teacher) yield return $"  {teacher}";

        var tokensPerStep = (long)training.PerDeviceTrainBatchSize * training.GradientAccumulationSteps * recipe.ContextLength;
        double tokens = recipe.ToOptions().TokensOf(training.MaxSteps);
        var flops = shape.Forward(recipe.ContextLength);
        yield return "";
        yield return "operations";
        yield return $"  {"a token, training",-20} {Scaled(flops.TrainingPerToken)}FLOP";
        yield return $"  {"a step",-20} {Scaled(flops.TrainingPerToken * tokensPerStep)}FLOP   {tokensPerStep:N0} tokens";
        yield return $"  {"the run",-20} {Scaled(flops.TrainingPerToken * tokens)}FLOP   {Scaled(tokens)}tokens in {training.MaxSteps:N0} steps";

        var state = RecipeMemory.StateOf(recipe, config, bfloat16);
        var again = Math.Min(config.Layers, RecipeMemory.CheckpointedLayers(recipe, config));
        var activations = ActivationPlan.Bytes(shape, training.PerDeviceTrainBatchSize, recipe.ContextLength, bfloat16 ? 2 : 4, checkpointed: again);
        yield return "";
        yield return "memory";
        yield return $"  {"weights",-20} {Scaled(state.Weights)}B";
        yield return $"  {"gradients",-20} {Scaled(state.Gradients)}B";
        yield return $"  {"optimizer",-20} {Scaled(state.OptimizerState)}B";
        yield return $"  {"activations",-20} {Scaled(activations)}B{(again == 0 ? "" : $"   {again} of {config.Layers} layers compute them anew")}";
        yield return $"  {"total",-20} {Scaled(state.Total + activations)}B of {Scaled(machine.MemoryBytes)}B";
        yield return $"  {"a checkpoint",-20} {Scaled(MemoryPlan.CheckpointBytes(recipe.PlanAdapter(config)?.Count ?? parameters.Total))}B";

        var muon = training.Optimizer as MuonOptions;
        var step = Forecast.Step(
            shape, training.PerDeviceTrainBatchSize * training.GradientAccumulationSteps, recipe.ContextLength, MachineFigures.Of(machine), bfloat16, training.GradientAccumulationSteps, muon, checkpointed: again);
        yield return "";
        yield return $"time on this machine ({machine.Gflops(bfloat16):N0} GFLOP/s, {machine.MemoryGBps:N0} GB/s)";
        yield return $"  {"products",-20} {1000 * step.Products,10:N1} ms a step";
        yield return $"  {"attention",-20} {1000 * step.Attention,10:N1}";
        yield return $"  {"other operators",-20} {1000 * (step.Elementwise + step.Overhead),10:N1}";
        yield return $"  {"optimizer",-20} {1000 * step.Optimizer,10:N1}";
        yield return $"  {"a step",-20} {1000 * step.Seconds,10:N1}   {tokensPerStep / step.Seconds:N0} tokens/s";
        yield return $"  {"the run",-20} {TimeSpan.FromSeconds(Math.Min(8e9, step.Seconds * tokens / tokensPerStep)):d\\.hh\\:mm\\:ss}   evaluations and checkpoints not counted";
    }

    /// <summary>Of an architecture that is not planned by its parts: what its parameters and products tell.</summary>
    private static IEnumerable<string> Whole(Recipe recipe, ModelConfig config, MachineReport machine)
    {
        var training = recipe.Training;
        var bfloat16 = training.Precision.Resolve() == Precision.BFloat16;
        var tokens = (long)training.PerDeviceTrainBatchSize * training.GradientAccumulationSteps * recipe.ContextLength;
        var state = RecipeMemory.StateOf(recipe, config, bfloat16);
        var limit = Forecast.Limit(config, tokens, recipe.ContextLength, MachineFigures.Of(machine), bfloat16);
        yield return $"{recipe.Name}: {config.ModelType}, {config.VocabSize:N0} tokens in the vocabulary, sequences of {recipe.ContextLength:N0}, {(bfloat16 ? "bf16" : "fp32")}";
        yield return "";
        yield return "parameters";
        foreach (var role in config.Parameters().GroupBy(p => p.Role)) yield return $"  {role.Key.ToString().ToLowerInvariant(),-20} {role.Sum(p => p.Count),15:N0}";
        yield return $"  {"total",-20} {config.ParameterCount(),15:N0}";
        if (recipe.DescribeAdapter(config) is { } adapter) yield return $"  {adapter}";
        if (recipe.DescribeTeacher() is { } teacher) yield return $"  {teacher}";
        yield return "";
        yield return "memory";
        yield return $"  {"weights",-20} {Scaled(state.Weights)}B";
        yield return $"  {"gradients",-20} {Scaled(state.Gradients)}B";
        yield return $"  {"optimizer",-20} {Scaled(state.OptimizerState)}B   activations not counted";
        yield return "";
        yield return $"time on this machine, at best ({machine.Gflops(bfloat16):N0} GFLOP/s, {machine.MemoryGBps:N0} GB/s)";
        yield return $"  {"a step",-20} {1000 * limit,10:N1} ms   {tokens / limit:N0} tokens/s";
        yield return $"  {"the run",-20} {TimeSpan.FromSeconds(Math.Min(8e9, limit * recipe.ToOptions().TokensOf(training.MaxSteps) / tokens)):d\\.hh\\:mm\\:ss}";
    }

    /// <summary>The vocabulary that the recipe's tokenizer will have.</summary>
    private static int Vocabulary(Recipe recipe)
    {
        if (recipe.Data.Tokens is { } tokens) return Tokenizer.Load(tokens).VocabSize;
        if (recipe.Tokenizer.Path is { } path) return Tokenizer.Load(path).VocabSize;
        return TokenizerTraining.HasSize(recipe.Tokenizer.Type)
            ? recipe.Tokenizer.VocabSize
            : TokenizerTraining.Train(recipe.Tokenizer.Type, recipe.Data.ToCorpus().Training().Select(d => d.Text), 0).VocabSize;
    }

    private static string Scaled(double value)
    {
        (double Unit, string Prefix)[] units = [(1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1, "")];
        var (unit, prefix) = units.FirstOrDefault(u => value >= u.Unit, units[^1]);
        return $"{value / unit,8:N2} {prefix}";
    }
}
