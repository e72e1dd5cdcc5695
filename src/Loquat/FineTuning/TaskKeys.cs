using System.Reflection;
using System.Text.Json;
using Loquat.Models;
using Loquat.Recipes;

namespace Loquat.FineTuning;

/// <summary>The options of a task that differ from their defaults, as a recipe has them.</summary>
internal static class TaskKeys
{
    public static IEnumerable<(string Key, string Value)> Of(TaskOptions task)
    {
        var defaults = Activator.CreateInstance(task.GetType())!;
        foreach (var property in task.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var value = property.GetValue(task);
            if (value is null || value.Equals(property.GetValue(defaults))) continue;
            // What JSON writes, YAML reads.
            yield return (JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name), value is Enum choice ? JsonNamingPolicy.SnakeCaseLower.ConvertName(choice.ToString()) : JsonSerializer.Serialize(value is TextList list ? list.ToArray() : value));
        }
    }
}
