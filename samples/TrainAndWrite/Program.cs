// Trains a small model on a text of your own, then lets it write, word by word. Started again, it goes on from where it stopped.
//   dotnet run -c Release --project samples/TrainAndWrite -- book.txt
//   dotnet run -c Release --project samples/TrainAndWrite -- book.txt 2000 runs/book "Once upon"
using Loquat.Models.Llama;
using Loquat;
using Loquat.Optimization.Rules;
using Loquat.Optimization.Schedules;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;
using TrainAndWrite;

if (args.Length == 0)
{
    Console.Error.WriteLine("Name a text to learn from: TrainAndWrite book.txt [steps] [folder] [prompt]");
    return 1;
}
var steps = args.Length > 1 ? long.Parse(args[1], null) : 600;
var folder = new RunFolder(args.Length > 2 ? args[2] : "runs/sample");
var prompt = args.Length > 3 ? args[3] : "";

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true; // the run ends after its step, with a checkpoint
    stop.Cancel();
};
try
{
    var recipe = new Recipe
    {
        Data = new() { Path = args[0] },
        Tokenizer = new() { VocabSize = 512 },
        Model = LlamaConfig.Decoder(layers: 3, width: 96, context: 96),
        Training = new()
        {
            MaxSteps = steps,
            PerDeviceTrainBatchSize = 8,
            Optimizer = new MuonOptions { LearningRate = 0.01, MuonLearningRate = 0.01 },
            LrScheduler = new WarmupStableDecayOptions { WarmupSteps = Math.Min(20, steps / 10) },
            EvalSteps = Math.Max(1, steps / 4),
        },
    };
    var run = new TrainingRun(recipe, folder);
    using var dataset = run.PrepareData(progress: null, stop.Token);
    Console.WriteLine($"{dataset.Training.Count:N0} tokens to learn from, a vocabulary of {dataset.Tokenizer.VocabSize}");
    var outcome = run.Train(dataset, [new ProgressLines(every: Math.Max(1, steps / 10))], stop.Token);
    Console.WriteLine($"validation loss {outcome.Evaluation.Loss:F3}, {outcome.Evaluation.BitsPerByte:F3} bits per byte");

    using var model = TrainedModel.Load(folder.Root);
    Console.Write(prompt);
    await foreach (var piece in model.StreamAsync(prompt, model.Defaults with { MaxNewTokens = 100, Seed = 1 }, stop.Token)) Console.Write(piece);
    Console.WriteLine();
    return 0;
}
catch (LoquatException error)
{
    Console.Error.WriteLine(error.Message);
    return error.ExitCode;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("stopped; start it again to go on");
    return 130;
}
