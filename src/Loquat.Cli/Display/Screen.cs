using Loquat.Reporting;
using Spectre.Console;

namespace Loquat.Cli.Display;

/// <summary>Where progress goes: standard error, alive in a terminal and plain elsewhere.</summary>
internal sealed class Screen(TimeProvider clock)
{
    private static readonly bool _terminal = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";

    public TextWriter Output => Console.Error;

    public StageDisplay Stages { get; } = new(Console.Error, _terminal, clock);

    /// <summary>A named fact: what was found or chosen.</summary>
    public void Fact(string name, string value)
    {
        Stages.End();
        Output.WriteLine($"{name,-11} {value}");
    }

    /// <summary>Shows a training run while it goes on.</summary>
    /// <param name="limitTokensPerSecond">The rate that the machine's matrix products and memory allow; null where not known.</param>
    public T Train<T>(double? limitTokensPerSecond, Func<ITrainingReporter, T> run)
    {
        Stages.End();
        if (!_terminal) return run(new PlainDisplay(Output, clock, limitTokensPerSecond));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return LiveDisplay.Run(console, clock, limitTokensPerSecond, run);
    }
}
