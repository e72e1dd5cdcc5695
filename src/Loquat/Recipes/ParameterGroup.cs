using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.IO.Enumeration;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Optimization;

namespace Loquat.Recipes;

/// <summary>Parameters that are trained otherwise than the rest.</summary>
public sealed record ParameterGroup
{
    [Description("Its parameters' roles: matrix, embedding, head, output, vector. Default: any.")]
    public TextList Roles { get; init; } = TextList.Empty;

    [Description("Patterns that its parameters' names fit: *.mlp.*, lm_head.weight. Default: any.")]
    public TextList Names { get; init; } = TextList.Empty;

    [Description("Its highest learning rate. Default: that of its optimizer.")]
    [Range(1e-12, 100)]
    public double? LearningRate { get; init; }

    [Description("Its weight decay, of biases and gains too. Default: that of its optimizer.")]
    [Range(0, 100)]
    public double? WeightDecay { get; init; }

    [Description("Moves it. Default: training.optimizer.")]
    public RuleOptions? Optimizer { get; init; }

    /// <summary>Whether a parameter is one of its.</summary>
    public bool Takes(ParameterSpec parameter) =>
        (Roles.Count == 0 || Roles.Contains(RecipeBinder.Key(parameter.Role.ToString()))) && (Names.Count == 0 || Names.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, parameter.Name, ignoreCase: false)));

    internal IEnumerable<string> Faults(string path)
    {
        var roles = RecipeBinder.Choices(typeof(ParameterRole));
        if (Roles.Count + Names.Count == 0) yield return $"{path} names neither roles nor names, so it is not clear what belongs to it.";
        foreach (var role in Roles.Where(role => !roles.Contains(role))) yield return $"{path}.roles holds '{role}'; allowed: {string.Join(", ", roles)}. {NearestName.Advice(role, roles)}";
        if (LearningRate is null && WeightDecay is null && Optimizer is null) yield return $"{path} changes nothing: give it learning_rate, weight_decay or optimizer.";
        if (LearningRate is not null && Optimizer is not null) yield return $"{path}.learning_rate and {path}.optimizer are both given; write the rate into the optimizer.";
        if (WeightDecay is not null && Optimizer is not null) yield return $"{path}.weight_decay and {path}.optimizer are both given; write the decay into the optimizer.";
    }
}

/// <summary>Groups of a recipe, equal to another list of the same groups. A parameter belongs to the first that takes it.</summary>
public sealed class ParameterGroupList(IReadOnlyList<ParameterGroup> groups) : IReadOnlyList<ParameterGroup>, IEquatable<ParameterGroupList>
{
    public static ParameterGroupList Empty { get; } = new([]);

    public int Count => groups.Count;

    public ParameterGroup this[int index] => groups[index];

    public bool Equals(ParameterGroupList? other) => other is not null && groups.SequenceEqual(other);

    public override bool Equals(object? obj) => Equals(obj as ParameterGroupList);

    public override int GetHashCode() => groups.Aggregate(groups.Count, HashCode.Combine);

    public IEnumerator<ParameterGroup> GetEnumerator() => groups.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
