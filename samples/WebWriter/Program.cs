// Trains a small model where there is none yet, then answers over the web with it, as it writes.
//   dotnet run -c Release --project samples/WebWriter
//   curl -N http://127.0.0.1:5099/write?prompt=One%20day
// --run FOLDER is any run or model folder; --answers N stops after so many answers.
using Loquat.Models.Llama;
using Loquat;
using Loquat.Generation;
using Loquat.Optimization.Schedules;
using Loquat.Recipes;
using Loquat.Reporting;
using Loquat.Runs;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
if (builder.Configuration["urls"] is null) builder.WebHost.UseUrls("http://127.0.0.1:5099");
var folder = builder.Configuration["run"] ?? "runs/web";
var steps = builder.Configuration.GetValue("steps", 400L);
var answersLeft = builder.Configuration.GetValue("answers", int.MaxValue);

// On the main thread, before the server starts: training is fastest there (docs/library.md).
if (!Directory.Exists(folder))
{
    var recipe = new Recipe
    {
        Data = new() { StoryMegabytes = 1 },
        Tokenizer = new() { VocabSize = 512 },
        Model = LlamaConfig.Decoder(layers: 3, width: 96, context: 96),
        Training = new() { MaxSteps = steps, PerDeviceTrainBatchSize = 8, LrScheduler = new NanogptCosineOptions { WarmupSteps = Math.Min(20, steps / 10) } },
    };
    var outcome = new TrainingRun(recipe, new RunFolder(folder)).Train();
    Console.WriteLine($"trained: {outcome.Evaluation.BitsPerByte:F3} bits per byte");
}
builder.Services.AddSingleton(TrainedModel.Load(folder));
var app = builder.Build();

app.MapGet("/", (TrainedModel model) => $"{model.Model.Config.ModelType}, {model.Model.Config.ParameterCount():N0} parameters. Ask /write?prompt=...&tokens=...&seed=...\n");
app.MapGet("/write", async (TrainedModel model, HttpContext http, string prompt = "", int tokens = 100, ulong seed = 0) =>
{
    try
    {
        http.Response.ContentType = "text/plain; charset=utf-8";
        // Nobody reads on: the model stops too.
        await foreach (var piece in model.StreamAsync(prompt, model.Defaults with { MaxNewTokens = tokens, Seed = seed }, http.RequestAborted))
        {
            await http.Response.WriteAsync(piece, http.RequestAborted);
            await http.Response.Body.FlushAsync(http.RequestAborted);
        }
    }
    catch (OptionsException error) when (!http.Response.HasStarted)
    {
        http.Response.StatusCode = StatusCodes.Status400BadRequest;
        await http.Response.WriteAsync(error.Message + "\n");
    }
    if (Interlocked.Decrement(ref answersLeft) == 0) app.Lifetime.StopApplication();
});
app.Run();
