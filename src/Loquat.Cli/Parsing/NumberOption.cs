using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics;

namespace Loquat.Cli.Parsing;

/// <summary>Options that take a number, read as a recipe's numbers are.</summary>
internal static class NumberOption
{
    /// <summary>A number that may be left out.</summary>
    public static Option<T?> Optional<T>(string name, string description) where T : struct, INumber<T>, IMinMaxValue<T> =>
        new(name) { Description = description, CustomParser = result => Read<T>(result, name, result.Tokens[^1].Value) };

    /// <summary>A number with a default.</summary>
    public static Option<T> WithDefault<T>(string name, string description, T value) where T : struct, INumber<T>, IMinMaxValue<T> =>
        new(name) { Description = description, CustomParser = result => Read<T>(result, name, result.Tokens[^1].Value) ?? value, DefaultValueFactory = _ => value };

    /// <summary>The number of a parsed token; null, with an error that says what is allowed, where it is none.</summary>
    public static T? Read<T>(ArgumentResult result, string name, string text) where T : struct, INumber<T>, IMinMaxValue<T>
    {
        if (NumberText.TryParse<T>(text, out var value)) return value;
        result.AddError($"{name} is '{text}'; it must be {Kind<T>()}.{NumberText.Advice(text, whole: typeof(T) != typeof(double))}");
        return null;
    }

    private static string Kind<T>() where T : struct, INumber<T>, IMinMaxValue<T> =>
        typeof(T) == typeof(double) ? "a number, such as 0.5" : T.MinValue == T.Zero ? "a whole number of 0 or more" : $"a whole number from {T.MinValue} to {T.MaxValue}";
}
