using Loquat.Models;

namespace Loquat.Adapters;

/// <summary>The layers of a task's head that belong to no published backbone.</summary>
internal static class TaskHead
{
    public static bool Holds(ModelConfig model, string parameter) => model.IsOfHead(parameter) && !parameter.StartsWith(model.BasePrefix, StringComparison.Ordinal);

    /// <summary>Its modules, as modules_to_save names them.</summary>
    /// <param name="missing">Further parameters that start anew, such as a pooler that a backbone lacks.</param>
    public static TextList Modules(ModelConfig model, IReadOnlyCollection<string> missing) =>
        new([.. model.Parameters().Select(p => p.Name).Where(name => Holds(model, name) || missing.Contains(name)).Select(name => name[..name.LastIndexOf('.')]).Distinct()]);
}
