using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using Loquat.Corpus.Preprocessing.Steps;
using Loquat.Text.Collection;

namespace Loquat.Corpus.Preprocessing;

/// <summary>A recipe of preprocessing: a YAML file with a list of steps, and, where it likes, inputs; sources that are collected first; tokens that are made at the end.</summary>
/// <example>
/// <code>
/// inputs: [raw/]
/// steps:
///   - repair
///   - gopher_quality
///   - near_dedup: { threshold: 0.8 }
/// tokens: { vocab_size: 8192 }
/// </code>
/// </example>
public sealed record PreprocessingRecipe(IReadOnlyList<string> Inputs, IReadOnlyList<StepSettings> Steps)
{
    /// <summary>Files and folders of any kind, which are collected before the first step. Default: none.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Which files of source folders. Default: all.</summary>
    public TextFileSelection Selection { get; init; } = TextFileSelection.All;

    /// <summary>The tokens that are made of what is left. Default: none.</summary>
    public TokenSettings? Tokens { get; init; }

    /// <exception cref="DataException">The file cannot be read.</exception>
    /// <exception cref="OptionsException">It says something that is not known.</exception>
    public static PreprocessingRecipe Load(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var yaml = new YamlStream();
            yaml.Load(reader);
            if (yaml.Documents.Count == 0 || yaml.Documents[0].RootNode is not YamlMappingNode root) throw new OptionsException($"{path}: a recipe is a mapping with steps.");
            var (inputs, steps, sources, include, exclude) = (new List<string>(), new List<StepSettings>(), new List<string>(), new List<string>(), new List<string>());
            TokenSettings? tokens = null;
            foreach (var (key, value) in root.Children)
            {
                var name = ((YamlScalarNode)key).Value;
                if (name == "inputs") inputs.AddRange(Sequence(path, key, value).Select(v => Scalar(path, v)));
                else if (name == "steps") steps.AddRange(Sequence(path, key, value).Select(v => Step(path, v)));
                else if (name == "sources") sources.AddRange(Sequence(path, key, value).Select(v => Scalar(path, v)));
                else if (name == "include") include.AddRange(Sequence(path, key, value).Select(v => Scalar(path, v)));
                else if (name == "exclude") exclude.AddRange(Sequence(path, key, value).Select(v => Scalar(path, v)));
                else if (name == "tokens") tokens = TokenSettings.Read(path, value as YamlMappingNode ?? throw new OptionsException($"{path}:{key.Start.Line}: tokens is a mapping: {{ vocab_size: 8192 }}."));
                else throw new OptionsException($"{path}:{key.Start.Line}: '{name}' is not known; a preprocessing recipe has sources, include, exclude, inputs, steps and tokens.");
            }
            if (sources.Count == 0 && include.Count + exclude.Count > 0) throw new OptionsException($"{path}: include and exclude choose files of sources, and there are none.");
            return new(inputs, steps) { Sources = sources, Selection = new(include, exclude), Tokens = tokens };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or YamlException or InvalidCastException)
        {
            throw new DataException($"{path}: cannot be read as a recipe: {error.Message}", error);
        }
    }

    private static StepSettings Step(string path, YamlNode node)
    {
        if (node is YamlScalarNode) return StepSettings.Parse(Scalar(path, node));
        if (node is not YamlMappingNode { Children.Count: 1 } mapping) throw new OptionsException($"{path}:{node.Start.Line}: a step is a name, or a name and its settings: near_dedup: {{ threshold: 0.8 }}.");
        var (key, value) = mapping.Children.First();
        if (value is not YamlMappingNode settings) throw new OptionsException($"{path}:{value.Start.Line}: the settings of {Scalar(path, key)} are a mapping: {{ key: value }}.");
        return new(Scalar(path, key), settings.Children.ToDictionary(s => Scalar(path, s.Key), s => s.Value is YamlSequenceNode list ? string.Join('+', list.Select(v => Scalar(path, v))) : Scalar(path, s.Value)));
    }

    private static YamlSequenceNode Sequence(string path, YamlNode key, YamlNode value) => value as YamlSequenceNode ?? throw new OptionsException($"{path}:{key.Start.Line}: {key} must be a list.");

    private static string Scalar(string path, YamlNode node) => (node as YamlScalarNode)?.Value ?? throw new OptionsException($"{path}:{node.Start.Line}: a word or number is expected here.");
}
