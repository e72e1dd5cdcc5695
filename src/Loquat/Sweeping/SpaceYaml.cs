using System.Globalization;
using Loquat.Recipes;
using Loquat.Sweeps.Spaces;
using YamlDotNet.RepresentationModel;

namespace Loquat.Sweeping;

/// <summary>A search space as a sweep's file writes it: a mapping of keys of the recipe, each with a list of choices, or with `type` and its options.</summary>
internal static class SpaceYaml
{
    public const string Choice = "choice", Int = "int", Uniform = "uniform", LogUniform = "log_uniform";

    private const string TypeKey = "type", WhenKey = "when";

    public static IReadOnlyList<string> Types { get; } = [Choice, Int, Uniform, LogUniform];

    /// <summary>The keys of a type, without `type` and `when`.</summary>
    public static IReadOnlyList<string> KeysOf(string type) => type switch { Choice => ["values"], Int => ["low", "high", "step", "log"], _ => ["low", "high"] };

    /// <returns>Null where there is a fault.</returns>
    public static SearchSpace? Read(YamlNode node, RecipeBinder binder)
    {
        if (node is not YamlMappingNode mapping)
        {
            binder.Fault($"{binder.Place(node)}: space must hold keys of the recipe, such as training.optimizer.learning_rate: {{type: log_uniform, low: 1e-4, high: 1e-2}}.");
            return null;
        }
        var parameters = mapping.Children.Select(pair => Parameter((pair.Key as YamlScalarNode)?.Value ?? $"{pair.Key}", pair.Value, binder)).ToList();
        if (parameters.Contains(null)) return null;
        try
        {
            return new([.. parameters.Select(p => p!)]);
        }
        catch (OptionsException error)
        {
            binder.Fault($"{binder.Place(node)}: space: {error.Message}");
            return null;
        }
    }

    /// <summary>A parameter in a line, without its name.</summary>
    public static string Describe(SpaceParameter parameter)
    {
        var range = parameter switch
        {
            ChoiceParameter choice => $"one of {string.Join(", ", choice.Choices)}",
            IntegerParameter whole => $"int from {whole.Low} to {whole.High}{(whole.Step == 1 ? "" : $" by {whole.Step}")}{(whole.IsLogarithmic ? ", log" : "")}",
            RealParameter real => string.Create(CultureInfo.InvariantCulture, $"{(real.IsLogarithmic ? LogUniform : Uniform)} from {real.Low} to {real.High}"),
            _ => parameter.GetType().Name,
        };
        return parameter.When is { } when ? $"{range}, when {when.Parameter} is {string.Join(" or ", when.Values)}" : range;
    }

    private static SpaceParameter? Parameter(string name, YamlNode node, RecipeBinder binder)
    {
        if (node is YamlSequenceNode list) return Texts(list, name, binder) is { } choices ? new ChoiceParameter(name, choices) : null;
        if (node is not YamlMappingNode mapping)
        {
            binder.Fault($"{binder.Place(node)}: space: {name} must be a list of choices, or hold type, low and high. A value for all trials stands in set.");
            return null;
        }
        var keys = new Keys(name, mapping, binder);
        if (keys.Text(TypeKey) is not { } type || !Types.Contains(type))
        {
            var given = keys.Text(TypeKey);
            binder.Fault($"{binder.Place(mapping)}: space: {name}: type is {(given is null ? "missing" : $"'{given}'")}; it must be one of {string.Join(", ", Types)}.{(given is null ? "" : $" {NearestName.Advice(given, Types)}")}");
            return null;
        }
        if (!keys.Allow([TypeKey, WhenKey, .. KeysOf(type)])) return null;
        var when = keys.When();
        return type switch
        {
            Choice => keys.Choices() is { } choices ? new ChoiceParameter(name, choices) { When = when } : null,
            Int => (keys.Number<long>("low"), keys.Number<long>("high")) is ({ } low, { } high) ? new IntegerParameter(name, low, high) { Step = keys.Number<long>("step", 1) ?? 1, IsLogarithmic = keys.Flag("log"), When = when } : null,
            _ => (keys.Number<double>("low"), keys.Number<double>("high")) is ({ } low, { } high) ? new RealParameter(name, low, high) { IsLogarithmic = type == LogUniform, When = when } : null,
        };
    }

    private static IReadOnlyList<string>? Texts(YamlNode node, string name, RecipeBinder binder)
    {
        if (node is YamlScalarNode { Value: { } only }) return [only];
        if (node is YamlSequenceNode list && list.Children.All(c => c is YamlScalarNode { Value: not null })) return [.. list.Children.Select(c => ((YamlScalarNode)c).Value!)];
        binder.Fault($"{binder.Place(node)}: space: {name} must be a list of values, such as [adamw, muon].");
        return null;
    }

    /// <summary>The keys of one parameter.</summary>
    private sealed class Keys(string name, YamlMappingNode node, RecipeBinder binder)
    {
        public string? Text(string key) => Find(key) is YamlScalarNode { Value: { } text } ? text : null;

        public bool Allow(IReadOnlyList<string> known)
        {
            var unknown = node.Children.Keys.Where(key => key is not YamlScalarNode { Value: { } text } || !known.Contains(text)).ToList();
            foreach (var key in unknown) binder.Fault($"{binder.Place(key)}: space: {name}: unknown key '{key}'. {NearestName.Advice($"{key}", known)}");
            return unknown.Count == 0;
        }

        public IReadOnlyList<string>? Choices()
        {
            if (Find("values") is { } values) return Texts(values, name, binder);
            binder.Fault($"{binder.Place(node)}: space: {name}: values are missing; name the choices.");
            return null;
        }

        public T? Number<T>(string key, T? missing = null) where T : struct, System.Numerics.INumber<T>, System.Numerics.IMinMaxValue<T>
        {
            var (found, whole) = (Find(key), typeof(T) == typeof(long));
            if (found is null && missing is not null) return missing;
            if (found is YamlScalarNode { Value: { } text } && NumberText.TryParse<T>(text, out var value)) return value;
            binder.Fault($"{binder.Place(found ?? node)}: space: {name}: {key} is {(found is null ? "missing" : $"'{found}'")}; it must be a {(whole ? "whole " : "")}number.{(found is YamlScalarNode { Value: { } wrong } ? NumberText.Advice(wrong, whole) : "")}");
            return null;
        }

        public bool Flag(string key)
        {
            if (Find(key) is not { } found) return false;
            if ($"{found}" is "true" or "false") return $"{found}" == "true";
            binder.Fault($"{binder.Place(found)}: space: {name}: {key} is '{found}'; it must be true or false.");
            return false;
        }

        public SpaceCondition? When()
        {
            if (Find(WhenKey) is not { } found) return null;
            if (found is YamlMappingNode { Children.Count: 1 } condition && Texts(condition.Children[0].Value, $"{name}: when", binder) is { } values) return new($"{condition.Children[0].Key}", values);
            binder.Fault($"{binder.Place(found)}: space: {name}: when names one key of the space before and its values, such as when: {{training.optimizer.type: [muon]}}.");
            return null;
        }

        private YamlNode? Find(string key) => node.Children.FirstOrDefault(pair => pair.Key is YamlScalarNode { Value: { } text } && text == key).Value;
    }
}
