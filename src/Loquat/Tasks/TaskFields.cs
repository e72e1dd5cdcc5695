using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Loquat.Tasks;

/// <summary>Reads the keys of a task file. Faults are collected, each with its line and what is allowed, so that a user sees all of them at once.</summary>
internal sealed class TaskFields
{
    private readonly string _file;
    private readonly string _path;
    private readonly List<string> _faults;
    private readonly Dictionary<string, YamlNode> _values = [];
    private readonly Dictionary<string, YamlNode> _keys = [];
    private readonly List<string> _known = [];

    private TaskFields(string file, string path, YamlMappingNode node, List<string> faults)
    {
        (_file, _path, _faults, Node) = (file, path, faults, node);
        foreach (var (key, value) in node.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? $"{key}";
            (_values[name], _keys[name]) = (value, key);
        }
    }

    public YamlMappingNode Node { get; }

    /// <summary>The keys at the top of a file.</summary>
    /// <exception cref="OptionsException">It is not YAML, or holds no keys.</exception>
    public static TaskFields Parse(string text, string file)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            var root = stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode as YamlMappingNode;
            return new(file, "", root ?? throw new OptionsException($"{file}: a task file holds keys and values, such as 'name: my_task'."), []);
        }
        catch (YamlException error)
        {
            throw new OptionsException($"{file}, line {error.Start.Line}: not valid YAML: {error.Message}", error);
        }
    }

    public bool Has(string key) => Find(key) is not null;

    public void Fault(string key, string message) => _faults.Add($"{Place(_values.GetValueOrDefault(key) ?? Node)}: {Full(key)} {message}");

    public string? Text(string key, bool required = false)
    {
        var node = Find(key);
        if (node is YamlScalarNode { Value: { } text }) return text;
        if (node is not null) Fault(key, "must be a text.");
        else if (required) Fault(key, "is missing.");
        return null;
    }

    public bool Flag(string key, bool other = false)
    {
        if (Text(key) is not { } text) return other;
        if (text is "true" or "false") return text == "true";
        Fault(key, $"is '{text}'; it must be true or false.");
        return other;
    }

    public int Whole(string key, int other, int least, int most)
    {
        if (Text(key) is not { } text) return other;
        if (NumberText.TryParse<int>(text, out var value) && value >= least && value <= most) return value;
        Fault(key, $"is '{text}'; it must be a whole number from {least} to {most}.{NumberText.Advice(text, whole: true)}");
        return other;
    }

    public double Number(string key, double other, double least, double most)
    {
        if (Text(key) is not { } text) return other;
        if (NumberText.TryParse<double>(text, out var value) && value >= least && value <= most) return value;
        Fault(key, $"is '{text}'; it must be a number from {least} to {most}.{NumberText.Advice(text, whole: false)}");
        return other;
    }

    public T Choice<T>(string key, T other, bool required = false) where T : struct, Enum
    {
        var names = Enum.GetNames<T>().ToDictionary(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName);
        if (Text(key, required) is not { } text) return other;
        if (names.TryGetValue(text, out var name)) return Enum.Parse<T>(name);
        Fault(key, $"is '{text}'; it must be one of {string.Join(", ", names.Keys)}. {NearestName.Advice(text, names.Keys)}");
        return other;
    }

    /// <summary>A list of texts; a single text is a list of one.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        switch (Find(key))
        {
            case null: return [];
            case YamlScalarNode { Value: { } one }: return [one];
            case YamlSequenceNode list when list.Children.All(c => c is YamlScalarNode): return [.. list.Children.Select(c => ((YamlScalarNode)c).Value ?? "")];
            default:
                Fault(key, "must be a list of texts.");
                return [];
        }
    }

    /// <summary>Whether a key holds a list.</summary>
    public bool IsList(string key) => Find(key) is YamlSequenceNode;

    /// <summary>The keys under a key; null: it is not there.</summary>
    public TaskFields? Section(string key)
    {
        var node = Find(key);
        if (node is YamlMappingNode mapping) return new(_file, Full(key), mapping, _faults);
        if (node is not null) Fault(key, "must hold keys.");
        return null;
    }

    /// <summary>The keys of each item of a list; one section is a list of one.</summary>
    public IReadOnlyList<TaskFields> Sections(string key)
    {
        switch (Find(key))
        {
            case null: return [];
            case YamlMappingNode one: return [new(_file, Full(key), one, _faults)];
            case YamlSequenceNode list when list.Children.All(c => c is YamlMappingNode): return [.. list.Children.Select((c, i) => new TaskFields(_file, $"{Full(key)}[{i}]", (YamlMappingNode)c, _faults))];
            default:
                Fault(key, "must be a list of sections with keys.");
                return [];
        }
    }

    /// <summary>Names of the file's own, each with a text.</summary>
    public IReadOnlyDictionary<string, string> Map(string key)
    {
        var map = new Dictionary<string, string>();
        if (Section(key) is not { } section) return map;
        foreach (var name in section._values.Keys)
            if (section.Text(name) is { } text) map[name] = text;
        return map;
    }

    /// <summary>Names of the file's own, each with keys.</summary>
    public IReadOnlyList<(string Name, TaskFields Fields)> NamedSections(string key) =>
        Section(key) is not { } section ? [] : [.. section._values.Keys.Select(name => (name, section.Section(name))).Where(s => s.Item2 is not null).Select(s => (s.name, s.Item2!))];

    /// <summary>Refuses keys that nobody asked for. Call it when all have been read.</summary>
    public void RefuseUnknown()
    {
        foreach (var key in _values.Keys.Except(_known))
            _faults.Add($"{Place(_keys[key])}: unknown key '{Full(key)}'. {NearestName.Advice(key, _known)}");
    }

    /// <exception cref="OptionsException">There are faults.</exception>
    public void ThrowIfFaulty()
    {
        if (_faults.Count == 0) return;
        throw new OptionsException(_faults.Count == 1 ? _faults[0] : $"{_faults.Count} faults in {_file}:\n  " + string.Join("\n  ", _faults));
    }

    private YamlNode? Find(string key)
    {
        if (!_known.Contains(key)) _known.Add(key);
        return _values.GetValueOrDefault(key) is { } node and not YamlScalarNode { Style: ScalarStyle.Plain, Value: "null" or "~" or "" } ? node : null;
    }

    private string Full(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private string Place(YamlNode node) => $"{_file}, line {node.Start.Line}";
}
