using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Loquat.Models;

namespace Loquat.Recipes;

/// <summary>The range of each value of a recipe, whether it was read from a file or built in code.</summary>
internal static class RecipeRanges
{
    /// <summary>Every value of a record and of those in it that is out of its range, by its path.</summary>
    public static IEnumerable<string> Faults(object record, string path = "")
    {
        foreach (var property in record.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var key = path.Length == 0 ? RecipeBinder.Key(property.Name) : $"{path}.{RecipeBinder.Key(property.Name)}";
            var value = property.GetValue(record);
            var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (value is null)
            {
                if (new NullabilityInfoContext().Create(property).WriteState == NullabilityState.NotNull) yield return $"{key} is null; it must be {Describe(property)}.";
            }
            else if (value is ModelConfig)
            {
                continue;   // a configuration tells its own faults
            }
            else if (value is ParameterGroupList groups)
            {
                foreach (var fault in groups.SelectMany((group, i) => Faults(group, $"{key}.{i}"))) yield return fault;
            }
            else if (type.IsClass && type != typeof(string) && type != typeof(TextList))
            {
                foreach (var fault in Faults(value, key)) yield return fault;
            }
            else if (!Allow(property, value))
            {
                yield return $"{key} is {Text(value)}; it must be {Describe(property)}.";
            }
        }
    }

    public static bool Allow(PropertyInfo property, object value)
    {
        if (value is Enum) return Enum.IsDefined(value.GetType(), value);
        if (value is double number && !double.IsFinite(number)) return false;
        return property.GetCustomAttribute<RangeAttribute>() is not { } range
            || (Convert.ToDouble(value, CultureInfo.InvariantCulture) is var at && at >= Bound(range.Minimum) && at <= Bound(range.Maximum));
    }

    /// <summary>What the value of a key may be, to follow "it must be".</summary>
    public static string Describe(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type.IsEnum) return $"one of {string.Join(", ", RecipeBinder.Choices(type))}";
        if (type == typeof(TextList)) return "a list of texts, such as [\"*.txt\", \"*.md\"]";
        if (type.IsClass && type != typeof(string)) return $"a {type.Name}";
        var kind = type == typeof(bool) ? "true or false" : type == typeof(double) ? "a number" : type == typeof(string) ? "a text" : "a whole number";
        return property.GetCustomAttribute<RangeAttribute>() is { } range ? $"{kind} from {range.Minimum} to {range.Maximum}" : kind;
    }

    private static double Bound(object bound) => Convert.ToDouble(bound, CultureInfo.InvariantCulture);

    private static string Text(object value) => value is IFormattable number and not Enum ? number.ToString(null, CultureInfo.InvariantCulture) : $"'{value}'";
}
