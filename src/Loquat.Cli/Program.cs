using System.CommandLine;
using Loquat.Text.Files;

namespace Loquat.Cli;

/// <summary>`loquat VERB`: one file per verb in Verbs/; this file only puts them together and maps errors to exit codes.</summary>
internal static class Program
{
    /// <summary>128 + SIGINT: the user pressed Ctrl+C.</summary>
    private const int Interrupted = 130;

    /// <summary>How long a verb may take to stop after Ctrl+C: a training step and a checkpoint of a large model.</summary>
    private static readonly TimeSpan _timeToStop = TimeSpan.FromMinutes(10);

    public static async Task<int> Main(string[] args)
    {
        var root = CreateRoot();
        try
        {
            return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = _timeToStop });
        }
        catch (LoquatException error)
        {
            await Console.Error.WriteLineAsync($"error: {error.Message}");
            return error.ExitCode;
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            // Results and logs go to disk as they come; a full disk can strike any of them.
            var full = new MachineException($"a file cannot be read or written: {error.Message} Free some space, or name another folder. Checkpoints written before are whole.");
            await Console.Error.WriteLineAsync($"error: {full.Message}");
            return full.ExitCode;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("interrupted");
            return Interrupted;
        }
    }

    /// <summary>The command line: one verb per stage.</summary>
    internal static RootCommand CreateRoot()
    {
        var root = new RootCommand("Loquat: the whole life of a language model, one verb per stage.")
        {
            Verbs.QuickstartVerb.Create(),
            Verbs.TrainVerb.Create(),
            Verbs.EvaluateVerb.Create(),
            Verbs.GenerateVerb.Create(),
            Verbs.TokenizerVerb.Create(),
            Verbs.PlanVerb.Create(),
            Verbs.RecipeVerb.Create(),
            Verbs.DoctorVerb.Create(),
            Verbs.CorpusVerb.Create(),
            Verbs.CompletionVerb.Create(),
        };
        Examples.Show(root);
        return root;
    }
}
