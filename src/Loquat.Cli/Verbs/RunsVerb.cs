using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Runs;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat runs`: which runs there are, how good they are, and in what their recipes differ.</summary>
internal static class RunsVerb
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static Command Create()
    {
        var folders = new Argument<string[]>("folders") { Description = "Runs, or folders with runs in them. Default: runs.", Arity = ArgumentArity.ZeroOrMore }.Checked();
        var sort = ChoiceOption.WithDefault("--sort", $"By {string.Join(", ", Orders.Keys)}; the best or largest first. Default: name.", "name", [.. Orders.Keys]);
        var json = new Option<bool>("--json") { Description = "Print one JSON object: runs, and the keys in which their recipes differ." };
        var verb = new Command("runs", "List runs and compare them: loss, bits per byte, steps, time, and what differs in their recipes.") { folders, sort, json };
        verb.WithExamples("""
            loquat runs
            loquat runs --sort bits_per_byte
            loquat runs runs/first runs/second --json
            """);
        verb.SetAction((parsed, _) =>
        {
            var given = parsed.GetValue(folders) is { Length: > 0 } some ? some : ["runs"];
            var runs = RunCatalog.Find(given, Orders[parsed.GetValue(sort)!]);
            var differences = RunCatalog.Differences(runs);
            if (parsed.GetValue(json)) Console.Out.WriteLine(JsonSerializer.Serialize(new { runs, differences }, _json));
            else foreach (var line in RunTable.Lines(runs, differences)) Console.Out.WriteLine(line);
            return Task.FromResult(0);
        });
        return verb;
    }

    private static Dictionary<string, RunOrder> Orders { get; } = Enum.GetValues<RunOrder>().ToDictionary(order => JsonNamingPolicy.SnakeCaseLower.ConvertName(order.ToString()));
}
