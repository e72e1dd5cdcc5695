using System.CommandLine;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat completion SHELL`: prints the script that makes a shell complete loquat's verbs and options.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        _loquat() { local IFS=$'\n'; COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}")); }
        complete -o default -F _loquat loquat ./loquat
        """;

    private const string Zsh = """
        _loquat() { local -a found; found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}"); compadd -a found; _files; }
        compdef _loquat loquat
        """;

    private const string Fish = """
        complete -c loquat -a '(loquat "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName loquat -ScriptBlock {
            param($word, $line, $position)
            loquat "[suggest:$position]" "$line" | Where-Object { $_ -like "$word*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
        }
        """;

    public static Command Create()
    {
        var shell = ChoiceOption.Argument("shell", "bash, zsh, fish or pwsh.", "bash", "zsh", "fish", "pwsh");
        var verb = new Command("completion", "Print a script that completes verbs and options in a shell.") { shell };
        verb.WithExamples("""
            source <(loquat completion bash)
            loquat completion fish > ~/.config/fish/completions/loquat.fish
            """);
        verb.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, "fish" => Fish, _ => PowerShell }));
        return verb;
    }
}
