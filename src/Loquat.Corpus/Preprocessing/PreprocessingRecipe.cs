using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;
using Loquat.Corpus.Preprocessing.Steps;

namespace Loquat.Corpus.Preprocessing;

/// <summary>A recipe of preprocessing: a YAML file with a list of steps, and, where it likes, inputs.</summary>
/// <example>
/// <code>
/// inputs: [raw/]
/// steps:
///   - repair
///   - gopher_quality
///   - near_dedup: { threshold: 0.8 }
/// </code>
/// </example>
public sealed record PreprocessingRecipe(IReadOnlyList<string> Inputs, IReadOnlyList<StepSettings> Steps)
{
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
            var (inputs, steps) = (new List<string>(), new List<StepSettings>());
            foreach (var (key, value) in root.Children)
            {
                var name = ((YamlScalarNode)key).Value;
                if (name == "inputs") inputs.AddRange(Sequence(path, key, value).Select(v => Scalar(path, v)));
                else if (name == "steps") steps.AddRange(Sequence(path, key, value).Select(v => Step(path, v)));
                else throw new OptionsException($"{path}:{key.Start.Line}: '{name}' is not known; a preprocessing recipe has inputs and steps.");
            }
            return new(inputs, steps);
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
