using System.Diagnostics;

namespace Loquat.EndToEnd.Tests;

/// <summary>What a run of the command line gave.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    public string All => Output + Error;
}

/// <summary>Runs `loquat` as a user does: a process of its own, in a folder of its own.</summary>
internal static class CommandLine
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    private static string Program => Path.Combine(AppContext.BaseDirectory, "Loquat.Cli.dll");

    public static Outcome Run(string folder, params string[] arguments) => Finish(Start(folder, arguments));

    public static Outcome Run(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Finish(Launch(folder, "dotnet", [Program, .. arguments], environment));

    public static Outcome RunWithInput(string folder, string input, params string[] arguments)
    {
        var process = Start(folder, arguments);
        process.StandardInput.Write(input);
        return Finish(process);
    }

    /// <summary>Runs with files limited to so many KiB, which is how a full disk looks to a writer.</summary>
    public static Outcome RunOnSmallDisk(string folder, int kibibytes, params string[] arguments)
    {
        // The runtime's own code memory counts as a file unless write-xor-execute is off.
        var command = $"trap '' XFSZ; export DOTNET_EnableWriteXorExecute=0; ulimit -f {kibibytes}; exec dotnet \"$0\" \"$@\"";
        return Finish(Launch(folder, "bash", ["-c", command, Program, .. arguments]));
    }

    /// <summary>Runs in a shell with something behind the command; the exit code is the command's own.</summary>
    public static Outcome RunInShell(string folder, string rest, params string[] arguments) =>
        Finish(Launch(folder, "bash", ["-c", $"dotnet \"$0\" \"$@\" {rest}; exit ${{PIPESTATUS[0]}}", Program, .. arguments]));

    /// <summary>
    /// Starts with the default answer to every signal, also where the tests themselves were started with SIGINT ignored (in the background of a script, under nohup), which a process hands on.
    /// </summary>
    public static Process StartInterruptible(string folder, params string[] arguments) => _canResetSignals.Value
        ? Launch(folder, "env", ["--default-signal", "dotnet", Program, .. arguments])
        : Start(folder, arguments);

    private static readonly Lazy<bool> _canResetSignals = new(() =>
    {
        if (OperatingSystem.IsWindows()) return false;
        using var env = Process.Start(new ProcessStartInfo("env", ["--default-signal", "true"]) { RedirectStandardError = true })!;
        env.WaitForExit();
        return env.ExitCode == 0;
    });

    public static Process Start(string folder, params string[] arguments) => Launch(folder, "dotnet", [Program, .. arguments]);

    /// <summary>Sends a signal: INT is what Ctrl+C does.</summary>
    public static void Interrupt(Process process, string signal = "INT")
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    public static Outcome Finish(Process process, TimeSpan? patience = null)
    {
        using (process)
        {
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(patience ?? _patience))
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"loquat ran for more than {patience ?? _patience}.");
            }
            // What it started may have kept its streams open.
            var ended = Task.WhenAll(output, error).WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult();
            return new Outcome(process.ExitCode, ended[0], ended[1]);
        }
    }

    internal static Process Launch(string folder, string program, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
