using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace Loquat.Cli.Display;

/// <summary>The examples that a verb's `--help` ends with. The list of all verbs shows none.</summary>
internal static class Examples
{
    private static readonly ConditionalWeakTable<Command, string> _examples = [];

    /// <summary>Gives a verb its examples, one a line.</summary>
    public static Command WithExamples(this Command command, string examples)
    {
        _examples.Add(command, examples);
        return command;
    }

    /// <summary>Makes `--help` print them.</summary>
    public static void Show(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new Help((HelpAction)help.Action!);
    }

    private sealed class Help(HelpAction inner) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var code = inner.Invoke(parseResult);
            if (!_examples.TryGetValue(parseResult.CommandResult.Command, out var examples)) return code;
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var line in examples.Split('\n')) output.WriteLine($"  {line.TrimEnd('\r')}");
            output.WriteLine();
            return code;
        }
    }
}
