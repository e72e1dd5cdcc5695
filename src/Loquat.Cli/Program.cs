using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Text.Files;

namespace Loquat.Cli;

/// <summary>`loquat VERB`: one file per verb in Verbs/; this file only puts them together and maps errors to exit codes.</summary>
internal static class Program
{
    /// <summary>128 + SIGPIPE: whoever read the output has gone.</summary>
    private const int BrokenPipe = 141;

    /// <summary>How long a verb may take to stop: a training step and a checkpoint of a large model; others have nothing to keep.</summary>
    private static readonly TimeSpan _timeToSave = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan _timeToStop = TimeSpan.FromSeconds(5);

    // A prompt may begin with @, which the parser would take for the name of a file with arguments.
    private static readonly ParserConfiguration _parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    public static async Task<int> Main(string[] args)
    {
        var parsed = Parse(args.Length == 0 ? ["--help"] : args);
        if (!AsksForHelp(parsed) && UsageError.Of(parsed) is var (message, code)) return await Fail(message, code);
        // A verb that does not listen is ended by the system's default.
        using var signals = parsed.Action is AsynchronousCommandLineAction ? new StopSignals(Verbs.TrainingSession.Keeps(parsed) ? _timeToSave : _timeToStop) : null;
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, signals?.Token ?? default);
        }
        catch (LoquatException error)
        {
            return await Fail(error.Message, error.ExitCode);
        }
        catch (IOException error) when (DiskFault.IsBrokenPipe(error))
        {
            return BrokenPipe;
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            // Results and logs go to disk as they come; a full disk can strike any of them.
            var full = new MachineException($"a file cannot be read or written: {error.Message} Free some space, or name another folder. Checkpoints written before are whole.");
            return await Fail(full.Message, full.ExitCode);
        }
        catch (Exception error) when (error is OutOfMemoryException || error is ExternalException && error.Message.Contains("memory", StringComparison.OrdinalIgnoreCase))
        {
            var small = new MachineException("there is not enough memory for this. Lower the batch, the context or the model, or close other programs.");
            return await Fail(small.Message, small.ExitCode);
        }
        catch (OperationCanceledException) when (signals is not null)
        {
            await Console.Error.WriteLineAsync(signals.ExitCode == 130 ? "interrupted" : "stopped by a signal");
            return signals.ExitCode;
        }
    }

    internal static ParseResult Parse(params string[] args) => CreateRoot().Parse(args, _parser);

    private static bool AsksForHelp(ParseResult parsed) => parsed.Action is not (null or ParseErrorAction) && parsed.Errors.Count > 0;

    private static async Task<int> Fail(string message, int exitCode)
    {
        await Console.Error.WriteLineAsync($"error: {message}");
        return exitCode;
    }

    /// <summary>The command line: one verb per stage.</summary>
    internal static RootCommand CreateRoot()
    {
        var root = new RootCommand("Loquat: the whole life of a language model, one verb per stage.")
        {
            Verbs.QuickstartVerb.Create(),
            Verbs.CollectVerb.Create(),
            Verbs.TraceVerb.Create(),
            Verbs.TrainVerb.Create(),
            Verbs.FinetuneVerb.Create(),
            Verbs.PredictVerb.Create(),
            Verbs.RunsVerb.Create(),
            Verbs.CompareVerb.Create(),
            Verbs.SweepVerb.Create(),
            Verbs.ReportVerb.Create(),
            Verbs.DataVerb.Create(),
            Verbs.EvaluateVerb.Create(),
            Verbs.TasksVerb.Create(),
            Verbs.ScoreVerb.Create(),
            Verbs.GenerateVerb.Create(),
            Verbs.ChatVerb.Create(),
            Verbs.TranslateVerb.Create(),
            Verbs.EmbedVerb.Create(),
            Verbs.TokenizerVerb.Create(),
            Verbs.PlanVerb.Create(),
            Verbs.RecipeVerb.Create(),
            Verbs.DoctorVerb.Create(),
            Verbs.CorpusVerb.Create(),
            Verbs.PreprocessVerb.Create(),
            Verbs.LanguagesVerb.Create(),
            Verbs.AdaptersVerb.Create(),
            Verbs.CompletionVerb.Create(),
        };
        Examples.Show(root);
        return root;
    }
}
