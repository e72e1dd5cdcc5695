using System.CommandLine;
using System.CommandLine.Parsing;

namespace Loquat.Cli.Parsing;

/// <summary>Options and arguments whose value is one of a few words.</summary>
internal static class ChoiceOption
{
    public static Option<string?> Optional(string name, string description, params string[] choices) => Among(new Option<string?>(name) { Description = description }, choices);

    public static Option<string> WithDefault(string name, string description, string value, params string[] choices) =>
        Among(new Option<string>(name) { Description = description, DefaultValueFactory = _ => value }, choices);

    private static Option<T> Among<T>(Option<T> option, string[] choices)
    {
        option.Validators.Add(result => Check(result, option.Name, choices));
        option.CompletionSources.Add(choices);
        option.HelpName = string.Join('|', choices);
        return option;
    }

    public static Argument<string> Argument(string name, string description, params string[] choices)
    {
        var argument = new Argument<string>(name) { Description = description, HelpName = string.Join('|', choices) };
        argument.Validators.Add(result => Check(result, name.ToUpperInvariant(), choices));
        argument.CompletionSources.Add(choices);
        return argument;
    }

    private static void Check(SymbolResult result, string name, string[] choices)
    {
        foreach (var token in result.Tokens.Where(t => !choices.Contains(t.Value)))
            result.AddError($"{name} is '{token.Value}'; it must be one of {string.Join(", ", choices)}.{(NearestName.Find(token.Value, choices) is { } near ? $" Did you mean '{near}'?" : "")}");
    }
}
