using System.Text.RegularExpressions;

namespace Loquat.Cli.Display;

/// <summary>Words of a command that a person is shown and may paste into a shell.</summary>
internal static partial class ShellText
{
    /// <summary>A word as the shell reads it back unchanged: a POSIX shell's, or on Windows PowerShell's. Words without special characters stay as they are.</summary>
    public static string Quote(string word) => Quote(word, OperatingSystem.IsWindows());

    internal static string Quote(string word, bool powerShell)
    {
        if (powerShell) return PowerShellPlain().IsMatch(word) ? word : $"'{word.Replace("'", "''", StringComparison.Ordinal)}'";
        // A quotation mark cannot stand inside single ones: they are closed for it.
        return PosixPlain().IsMatch(word) ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }

    /// <summary>A path as an argument of loquat: one that begins with a hyphen would be read as an option.</summary>
    public static string Path(string path) => Quote(path.StartsWith('-') ? $"./{path}" : path);

    [GeneratedRegex(@"^[A-Za-z0-9_./:+@%,\p{L}\p{Nd}-]+$")]
    private static partial Regex PosixPlain();

    [GeneratedRegex(@"^[A-Za-z0-9_.\\/:+\p{L}\p{Nd}-]+$")]
    private static partial Regex PowerShellPlain();
}
