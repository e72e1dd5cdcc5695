using System.Diagnostics;
using System.Globalization;

namespace Loquat.Benchmarks.Tokenizers;

/// <summary>What one contender took; seconds are NaN where it is absent, and <paramref name="Note"/> says why.</summary>
internal readonly record struct Measured(double Seconds, double PeakMiB, string Note = "");

/// <summary>Starts contenders as processes of their own.</summary>
internal sealed class TokenizerPeers
{
    private readonly string _node;
    private readonly string _script = Path.Combine(TableCommand.RepositoryRoot(), "benchmarks", "peers", "huggingface.mjs");
    private readonly string _noHuggingFace;

    /// <param name="folder">Where npm may install; gone after the run.</param>
    public TokenizerPeers(string folder)
    {
        _node = Path.Combine(folder, "npm");
        Directory.CreateDirectory(_node);
        File.WriteAllText(Path.Combine(_node, "package.json"), "{}");
        var (code, text) = Start("npm", ["install", "--silent", "--no-audit", "--no-fund", "tokenizers@0.23"], _node);
        _noHuggingFace = code == 0 ? "" : $"npm install tokenizers: {First(text)}";
    }

    public static Measured Own(params string[] task)
    {
        var name = Environment.ProcessPath!;
        string[] arguments = Path.GetFileNameWithoutExtension(name) == "dotnet" ? [typeof(TokenizerPeers).Assembly.Location, "tokenizers-worker", .. task] : ["tokenizers-worker", .. task];
        return Read(Start(name, arguments, null));
    }

    public Measured HuggingFace(int threads, params string[] task) =>
        _noHuggingFace.Length > 0 ? new(double.NaN, double.NaN, _noHuggingFace) : Read(Start("node", ["--max-old-space-size=8192", _script, .. task], _node, threads));

    /// <summary>A sentencepiece program, started anew: its time includes loading, which a second run on no text is taken off for.</summary>
    public static Measured SentencePiece(string program, string[] arguments, string? input = null)
    {
        var watch = Stopwatch.StartNew();
        var (code, text) = Start(program, arguments, null, input: input);
        return code == 0 ? new(watch.Elapsed.TotalSeconds, double.NaN) : new(double.NaN, double.NaN, $"{program}: {First(text)}");
    }

    private static Measured Read((int Code, string Text) result)
    {
        var cells = result.Text.Trim().Split('\n')[^1].Split('\t');
        return result.Code == 0 && cells.Length == 2 && double.TryParse(cells[0], CultureInfo.InvariantCulture, out var seconds)
            ? new(seconds, double.Parse(cells[1], CultureInfo.InvariantCulture)) : new(double.NaN, double.NaN, First(result.Text));
    }

    private static string First(string text) => text.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0) ?? "no message";

    private static (int Code, string Text) Start(string program, string[] arguments, string? folder, int? threads = null, string? input = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        if (folder is not null) start.WorkingDirectory = folder;
        if (threads is not null) start.Environment["RAYON_NUM_THREADS"] = $"{threads}";
        try
        {
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            if (input is not null)
                using (var file = File.OpenRead(input)) file.CopyTo(process.StandardInput.BaseStream);
            process.StandardInput.Close();
            process.WaitForExit();
            return (process.ExitCode, process.ExitCode == 0 ? output.Result : error.Result + output.Result);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (1, "not installed");
        }
    }
}
