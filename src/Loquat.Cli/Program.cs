using System.CommandLine;

namespace Loquat.Cli;

/// <summary>`loquat VERB`: one file per verb in Verbs/; this file only puts them together and maps errors to exit codes.</summary>
internal static class Program
{
    /// <summary>128 + SIGINT: the user pressed Ctrl+C.</summary>
    private const int Interrupted = 130;

    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Loquat: the whole life of a language model, one verb per stage.")
        {
            Verbs.DoctorVerb.Create(),
            Verbs.CorpusVerb.Create(),
            Verbs.CompletionVerb.Create(),
        };
        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (LoquatException error)
        {
            await Console.Error.WriteLineAsync($"error: {error.Message}");
            return error.ExitCode;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("interrupted");
            return Interrupted;
        }
    }
}
