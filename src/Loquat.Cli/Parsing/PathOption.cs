using System.CommandLine;
using System.CommandLine.Parsing;

namespace Loquat.Cli.Parsing;

/// <summary>Options and arguments that name a file or folder. None may be empty: an unset variable of a script would else name the current folder.</summary>
internal static class PathOption
{
    public static Option<string?> Optional(string name, string description) => new Option<string?>(name) { Description = description }.Checked();

    public static Option<string[]> Several(string name, string description) => new Option<string[]>(name) { Description = description }.Checked();

    public static Option<string> Required(string name, string description) => new Option<string>(name) { Description = description, Required = true }.Checked();

    public static Option<string> WithDefault(string name, string description, string value) => new Option<string>(name) { Description = description, DefaultValueFactory = _ => value }.Checked();

    public static Argument<string> Argument(string name, string description) => new Argument<string>(name) { Description = description }.Checked();

    /// <summary>Refuses what cannot be a path.</summary>
    public static T Checked<T>(this T option) where T : Symbol
    {
        if (option is Option named) named.Validators.Add(result => Check(result, named.Name));
        if (option is Argument placed) placed.Validators.Add(result => Check(result, placed.Name.ToUpperInvariant()));
        return option;
    }

    private static void Check(SymbolResult result, string name)
    {
        foreach (var token in result.Tokens)
        {
            if (string.IsNullOrWhiteSpace(token.Value)) result.AddError($"{name} is '{token.Value}'; it must name a file or folder.");
            else if (result is OptionResult && token.Value.StartsWith("--", StringComparison.Ordinal)) result.AddError($"{name} is followed by {token.Value}, which looks like an option; a file of that name is ./{token.Value}.");
        }
    }
}
