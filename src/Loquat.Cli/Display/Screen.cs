using Loquat.Reporting;
using Loquat.Sweeping;
using Spectre.Console;

namespace Loquat.Cli.Display;

/// <summary>Where progress goes: standard error, alive in a terminal and plain elsewhere.</summary>
internal sealed class Screen
{
    private const int NameColumns = 12;
    private const int FewestColumns = 20;

    private readonly TimeProvider _clock;
    private readonly IAnsiConsole? _terminal;

    public Screen(TimeProvider clock)
    {
        _clock = clock;
        if (!Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb")
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
            if (console.Profile.Capabilities.Ansi) _terminal = console;
        }
        Stages = new(Console.Error, _terminal is { } terminal ? () => terminal.Profile.Width : null, clock);
    }

    public TextWriter Output => Console.Error;

    public StageDisplay Stages { get; }

    /// <summary>A named fact: what was found or chosen. In a terminal it goes on below itself, broken between words.</summary>
    public void Fact(string name, string value)
    {
        Stages.End();
        foreach (var line in FactLines(name, value, _terminal?.Profile.Width)) Output.WriteLine(line);
    }

    /// <summary>A command to go on with: one line, however long, for it is copied.</summary>
    public void Command(string name, string command)
    {
        Stages.End();
        Output.WriteLine($"{name.PadRight(NameColumns)}{command}");
    }

    /// <summary>Shows a training run while it goes on.</summary>
    /// <param name="progress">Fresh, for this run.</param>
    public T Train<T>(TrainingProgress progress, Func<ITrainingReporter, T> run)
    {
        Stages.End();
        if (_terminal is null) return run(new PlainDisplay(Output, _clock, progress));
        using var display = new LiveDisplay(_terminal, _clock, progress);
        return run(display);
    }

    /// <summary>Shows a sweep while it goes on.</summary>
    public T Sweep<T>(Sweep sweep, Func<ISweepReporter, T> run)
    {
        Stages.End();
        using var display = new SweepDisplay(Output, _terminal, sweep, _clock);
        return run(display);
    }

    internal static IEnumerable<string> FactLines(string name, string value, int? columns)
    {
        var room = columns is { } width and >= FewestColumns ? width - NameColumns : int.MaxValue;
        return WordWrap.Lines(value, room).Select((line, i) => $"{(i == 0 ? name : "").PadRight(NameColumns)}{line}");
    }
}
