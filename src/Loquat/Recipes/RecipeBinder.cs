using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Loquat.Models;
using YamlDotNet.RepresentationModel;

namespace Loquat.Recipes;

/// <summary>Turns YAML into the recipe's records and back. Faults are collected, so that a user sees all of them at once.</summary>
internal sealed class RecipeBinder(string file)
{
    private readonly List<string> _faults = [];
    private readonly HashSet<YamlNode> _overrides = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, (string Place, string Value)> _given = [];

    /// <summary>How values of types that recipes do not have are read; null where there is a fault, which they tell.</summary>
    public Dictionary<Type, Func<YamlNode, object?>> Readers { get; } = [];

    public void Fault(string message) => _faults.Add(message);

    /// <summary>A value that came from the command line and has no line in the file.</summary>
    public T Override<T>(T node) where T : YamlNode
    {
        _overrides.Add(node);
        return node;
    }

    /// <summary>Whether a node came from the command line.</summary>
    public bool IsOverride(YamlNode node) => _overrides.Contains(node);

    public void ThrowIfFaulty()
    {
        if (_faults.Count == 0) return;
        throw new OptionsException(_faults.Count == 1 ? _faults[0] : $"{_faults.Count} faults in {file}:\n  " + string.Join("\n  ", _faults));
    }

    public T Bind<T>(YamlMappingNode node) where T : new() => (T)Bind(typeof(T), node, "");

    /// <summary>Where the file says something that the rest of it leaves without effect.</summary>
    public void RefuseUnused(IEnumerable<UnusedKey> keys)
    {
        foreach (var key in keys)
            if (_given.TryGetValue(key.Path, out var given) && !key.IsTrue(given.Value)) Fault($"{given.Place}: {key.Path} is '{given.Value}', but {key.Reason} Take it out.");
    }

    internal static string Key(string property) => JsonNamingPolicy.SnakeCaseLower.ConvertName(property);

    internal static IReadOnlyList<string> Choices(Type type) => [.. Enum.GetNames(type).Select(Key)];

    public static YamlNode ToNode(object value) => ToNode(value, "", FrozenSet<string>.Empty);

    /// <param name="without">Paths of keys to leave out.</param>
    public static YamlNode ToNode(object value, IReadOnlySet<string> without) => ToNode(value, "", without);

    private static YamlNode ToNode(object value, string path, IReadOnlySet<string> without)
    {
        if (value is string text) return new YamlScalarNode(text) { Style = text.Length == 0 ? YamlDotNet.Core.ScalarStyle.DoubleQuoted : YamlDotNet.Core.ScalarStyle.Any };
        if (value is bool flag) return new YamlScalarNode(flag ? "true" : "false");
        if (value is Enum) return new YamlScalarNode(Key(value.ToString()!));
        if (value is TextList list) return new YamlSequenceNode(list.Select(ToNode)) { Style = YamlDotNet.Core.Events.SequenceStyle.Flow };
        if (value is ParameterGroupList groups) return new YamlSequenceNode(groups.Select(ToNode));
        if (value is IFormattable number) return new YamlScalarNode(number.ToString(null, CultureInfo.InvariantCulture));
        if (value is ModelConfig config) return SectionYaml.FromJson(ModelSection.Write(config));
        var node = new YamlMappingNode();
        if (NamedSections.TypeOf(value) is { } named) node.Add(NamedSections.TypeKey, named);
        if (value is ModelRecipe model)
        {
            if (model.From is not null) node.Add("from", ToNode(model.From));
            foreach (var (key, inner) in ((YamlMappingNode)ToNode(model.Config)).Children) node.Add(key, inner);
            return node;
        }
        foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var full = path.Length == 0 ? Key(property.Name) : $"{path}.{Key(property.Name)}";
            if (!without.Contains(full) && property.GetValue(value) is { } inner) node.Add(Key(property.Name), ToNode(inner, full, without));
        }
        return node;
    }

    private object Bind(Type type, YamlMappingNode node, string path, NamedSection? section = null)
    {
        var result = Activator.CreateInstance(type)!;
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).ToDictionary(p => Key(p.Name));
        foreach (var (keyNode, valueNode) in node.Children)
        {
            var key = (keyNode as YamlScalarNode)?.Value ?? "";
            if (section is not null && key == NamedSections.TypeKey) continue;
            var full = path.Length == 0 ? key : $"{path}.{key}";
            if (!properties.TryGetValue(key, out var property))
            {
                // As in `--set`, null takes a key out, whichever type it belongs to.
                if (IsNull(valueNode) && section?.TypesWith(key).Any() == true) continue;
                Fault(section?.TypesWith(key).ToArray() is { Length: > 0 } others
                    ? $"{Place(keyNode)}: {full} is '{valueNode}', but the {section.What} is {NamedSections.TypeOf(result)}; the key belongs to {string.Join(", ", others)}. Take it out, or choose another {path}.{NamedSections.TypeKey}."
                    : $"{Place(keyNode)}: unknown key '{full}'. {NearestName.Advice(key, properties.Keys)}");
                continue;
            }
            if (valueNode is YamlScalarNode { Value: { } text } && !IsNull(valueNode)) _given[full] = (Place(valueNode), text);
            if (Value(property, valueNode, full) is { } value) property.SetValue(result, value);
        }
        return result;
    }

    private object? Value(PropertyInfo property, YamlNode node, string path)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (Readers.TryGetValue(type, out var read)) return read(node);
        if (type == typeof(TextList)) return Texts(property, node, path);
        if (type == typeof(ModelRecipe) && node is YamlMappingNode model) return Model(model);
        if (NamedSections.Find(type) is { } section && node is YamlMappingNode named) return Named(section, named, path);
        if (type == typeof(ParameterGroupList)) return Groups(node, path);
        if (type.IsClass && type != typeof(string))
        {
            if (node is YamlMappingNode mapping) return Bind(type, mapping, path);
            Fault($"{Place(node)}: {path} must hold keys: {string.Join(", ", type.GetProperties().Where(p => p.CanWrite).Select(p => Key(p.Name)))}.");
            return null;
        }
        if (node is not YamlScalarNode { Value: { } text } scalar)
        {
            Fault($"{Place(node)}: {path} must be {RecipeRanges.Describe(property)}.");
            return null;
        }
        if (IsNull(scalar) && Nullable.GetUnderlyingType(property.PropertyType) is not null) return null;
        if (Parse(type, text) is { } value && RecipeRanges.Allow(property, value)) return value;
        var nearest = type.IsEnum ? $" {NearestName.Advice(text, Choices(type))}" : type == typeof(string) || type == typeof(bool) ? "" : NumberText.Advice(text, whole: type != typeof(double));
        Fault($"{Place(node)}: {path} is '{text}'; it must be {RecipeRanges.Describe(property)}.{nearest}");
        return null;
    }

    private object? Named(NamedSection section, YamlMappingNode node, string path)
    {
        var named = node.Children.FirstOrDefault(pair => pair.Key is YamlScalarNode { Value: NamedSections.TypeKey });
        if (named.Value is null && section.Default is null)
        {
            Fault($"{Place(node)}: {path}.{NamedSections.TypeKey} is missing; it must be one of {string.Join(", ", section.Types())}.");
            return null;
        }
        var text = named.Value is null ? section.Default! : named.Value is YamlScalarNode { Value: { } type } ? type : $"{named.Value}";
        if (section.Find(text) is { } defaults)
        {
            if (named.Value is not null) _given[$"{path}.{NamedSections.TypeKey}"] = (Place(named.Value), text);
            return Bind(defaults.GetType(), node, path, section);
        }
        Fault($"{Place(named.Value!)}: {path}.{NamedSections.TypeKey} is '{text}'; it must be one of {string.Join(", ", section.Types())}. {NearestName.Advice(text, section.Types())}");
        return null;
    }

    private ParameterGroupList? Groups(YamlNode node, string path)
    {
        if (node is YamlSequenceNode list && list.Children.All(child => child is YamlMappingNode))
            return new ParameterGroupList([.. list.Children.Select((child, i) => (ParameterGroup)Bind(typeof(ParameterGroup), (YamlMappingNode)child, $"{path}.{i}"))]);
        Fault($"{Place(node)}: {path} must be a list, each part with keys: {string.Join(", ", typeof(ParameterGroup).GetProperties().Where(p => p.CanWrite).Select(p => Key(p.Name)))}.");
        return null;
    }

    private ModelRecipe? Model(YamlMappingNode node)
    {
        var from = node.Children.FirstOrDefault(pair => pair.Key is YamlScalarNode { Value: "from" }).Value;
        if (from is not null && from is not YamlScalarNode { Value: { } })
        {
            Fault($"{Place(from)}: model.from must be a text.");
            return null;
        }
        var places = node.Children.Where(pair => pair.Key is YamlScalarNode { Value: not null }).GroupBy(pair => ((YamlScalarNode)pair.Key).Value!).ToDictionary(group => group.Key, group => Place(group.First().Value), StringComparer.Ordinal);
        var keys = SectionYaml.ToJson(node);
        keys.Remove("from");
        var faults = new List<string>();
        var source = new ConfigSource { IsRecipe = true, Faults = faults, Places = places.GetValueOrDefault };
        ModelConfig? config = null;
        var folder = from is null || IsNull(from) ? null : ((YamlScalarNode)from).Value;
        try
        {
            config = folder is not null && StartingModel.ConfigOf(folder, keys, faults) is { } begun ? begun : ModelSection.Read(keys, file, source);
        }
        catch (LoquatException error)
        {
            faults.Add(error.Message);
        }
        foreach (var fault in faults) Fault(fault);
        return config is null || faults.Count > 0 ? null : new ModelRecipe { From = folder, Config = config };
    }

    private static bool IsNull(YamlNode node) => node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "null" or "~" or "" };

    /// <summary>A list; or, as `--set` gives it, one text with commas.</summary>
    private TextList? Texts(PropertyInfo property, YamlNode node, string path)
    {
        var texts = node switch
        {
            YamlSequenceNode sequence when sequence.Children.All(c => c is YamlScalarNode { Value.Length: > 0 }) => sequence.Children.Select(c => ((YamlScalarNode)c).Value!),
            YamlScalarNode { Value: { } text } => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            _ => null,
        };
        if (texts is null) Fault($"{Place(node)}: {path} must be {RecipeRanges.Describe(property)}.");
        return texts is null ? null : new TextList([.. texts]);
    }

    private static object? Parse(Type type, string text)
    {
        if (type == typeof(string)) return text;
        if (type == typeof(bool)) return text switch { "true" => true, "false" => false, _ => null };
        if (type == typeof(int)) return NumberText.TryParse<int>(text, out var i) ? i : null;
        if (type == typeof(long)) return NumberText.TryParse<long>(text, out var l) ? l : null;
        if (type == typeof(ulong)) return NumberText.TryParse<ulong>(text, out var u) ? u : null;
        if (type == typeof(double)) return NumberText.TryParse<double>(text, out var d) ? d : null;
        var choice = Enum.GetNames(type).FirstOrDefault(name => Key(name) == text);
        return choice is null ? null : Enum.Parse(type, choice);
    }

    /// <summary>Where a value stands, to begin a fault with.</summary>
    public string Place(YamlNode node) => _overrides.Contains(node) ? $"{file} (--set)" : $"{file}, line {node.Start.Line}";
}
