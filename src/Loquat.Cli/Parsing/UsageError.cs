using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Loquat.Cli.Parsing;

/// <summary>What is wrong with a command line, in one line.</summary>
internal static partial class UsageError
{
    /// <summary>A command line that is not understood.</summary>
    public const int NotUnderstood = 1;

    /// <summary>A value that cannot be used: the code of <see cref="OptionsException"/>.</summary>
    private const int WrongValue = 2;

    /// <summary>The first thing wrong and the exit code for it; null where nothing is, or where help is what is wanted.</summary>
    public static (string Message, int ExitCode)? Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var arguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Where(t => LooksLikeOption().IsMatch(t.Value) && !AfterDoubleDash(parsed, t)).Select(t => t.Value);
        if (arguments.Concat(parsed.UnmatchedTokens).FirstOrDefault() is { } token) return (Unrecognized(command, token), NotUnderstood);
        if (parsed.Errors.Count == 0) return null;
        // A value that cannot be used is more telling than one that is missing.
        var error = parsed.Errors.FirstOrDefault(e => e.SymbolResult is { Tokens.Count: > 0 } and (OptionResult or ArgumentResult)) ?? parsed.Errors[0];
        return error.SymbolResult switch
        {
            OptionResult { Tokens.Count: 0 } option => ($"{option.Option.Name} needs a value. {option.Option.Description}", NotUnderstood),
            ArgumentResult { Tokens.Count: 0, Argument: var argument } => ($"{Name(command)} needs {argument.Name.ToUpperInvariant()}. {argument.Description}", NotUnderstood),
            OptionResult or ArgumentResult => (error.Message, WrongValue),
            _ when command.Subcommands.Count > 0 => ($"{Name(command)} needs one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}. See {Name(command)} --help.", NotUnderstood),
            _ => ($"{error.Message} See {Name(command)} --help.", NotUnderstood),
        };
    }

    private static string Unrecognized(Command command, string token)
    {
        var help = $"See {Name(command)} --help.";
        if (token.StartsWith('-') && token.Length > 1)
        {
            var name = token.Split('=', ':')[0];
            var near = NearestName.Find(name, Options(command));
            return $"Unrecognized option '{name}' of {Name(command)}. {(near is not null ? $"Did you mean '{near}'? " : command.Arguments.Count > 0 ? "A text that begins with - stands after --. " : "")}{help}";
        }
        if (command.Subcommands.Count > 0)
        {
            var verbs = command.Subcommands.Select(c => c.Name).ToList();
            return $"Unrecognized verb '{token}'. {(NearestName.Find(token, verbs) is { } near ? $"Did you mean '{near}'?" : $"There are {string.Join(", ", verbs)}.")} {help}";
        }
        return $"Unrecognized argument '{token}' of {Name(command)}: {(command.Arguments.Count == 0 ? "it takes none" : $"it takes {string.Join(' ', command.Arguments.Select(a => a.Name.ToUpperInvariant()))}; put quotation marks around a text with spaces")}. {help}";
    }

    private static List<string> Options(Command command) => [.. command.Options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Prepend(o.Name)), "--help"];

    private static string Name(Command command) => string.Join(' ', Path(command).Reverse());

    private static IEnumerable<string> Path(Command command)
    {
        for (var at = command; at is not null; at = at.Parents.OfType<Command>().FirstOrDefault()) yield return at is RootCommand ? "loquat" : at.Name;
    }

    private static bool AfterDoubleDash(ParseResult parsed, Token token) =>
        parsed.Tokens.TakeWhile(t => !ReferenceEquals(t, token)).Any(t => t.Type == TokenType.DoubleDash);

    [GeneratedRegex("^--?[A-Za-z][A-Za-z0-9-]*([=:].*)?$")]
    private static partial Regex LooksLikeOption();
}
