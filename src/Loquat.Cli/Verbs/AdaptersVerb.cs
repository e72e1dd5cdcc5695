using System.CommandLine;
using Loquat.Checkpoints;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Reporting;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat adapters merge`: adapters into the weights of their models.</summary>
internal static class AdaptersVerb
{
    public static Command Create()
    {
        var verb = new Command("adapters", "Work with adapters: folders of peft, and runs that trained one.") { Merge() };
        verb.WithExamples("""
            loquat adapters merge runs/adapted --out merged
            loquat adapters merge my-lora --model runs/quickstart --out merged
            """);
        return verb;
    }

    private static Command Merge()
    {
        var adapter = PathOption.Argument("adapter", "The folder of an adapter, or a run that trained one.");
        var output = PathOption.Required("--out", "The folder of the new model; new or empty.");
        var model = PathOption.Optional("--model", "The model that the adapter was trained on: a run, or a Hugging Face model folder. Default: the one that it names.");
        var verb = new Command("merge", "Write the model with what the adapter learned in its weights: a model folder that needs no adapter.") { adapter, output, model };
        verb.SetAction((parsed, cancellation) =>
        {
            var (from, to) = (RunFolder.ModelOf(parsed.GetValue(adapter)!), parsed.GetValue(output)!);
            AdapterFolder.Merge(from, to, parsed.GetValue(model) is { } given ? RunFolder.ModelOf(given) : null, cancellation);
            Console.Out.WriteLine($"{from} is merged into {to}");
            return Task.FromResult(0);
        });
        return verb;
    }
}
