using System.Diagnostics.CodeAnalysis;

namespace Loquat.Sweeps.Spaces;

/// <summary>A value for each parameter that is there, in the order of the space. Equal to another with the same values.</summary>
public sealed class Configuration(IReadOnlyList<KeyValuePair<string, string>> values) : IEquatable<Configuration>
{
    /// <summary>Names and values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Values => values;

    /// <exception cref="KeyNotFoundException">The parameter is not there.</exception>
    public string this[string name] => TryGetValue(name, out var value) ? value : throw new KeyNotFoundException(name);

    public bool TryGetValue(string name, [MaybeNullWhen(false)] out string value)
    {
        foreach (var pair in values)
        {
            if (pair.Key != name) continue;
            value = pair.Value;
            return true;
        }
        value = null;
        return false;
    }

    public bool Equals(Configuration? other) => other is not null && values.SequenceEqual(other.Values);

    public override bool Equals(object? obj) => Equals(obj as Configuration);

    public override int GetHashCode() => values.Aggregate(values.Count, (hash, pair) => HashCode.Combine(hash, pair.Key, pair.Value));

    /// <summary>`name=value` of each, separated by blanks.</summary>
    public override string ToString() => string.Join(' ', values.Select(v => $"{v.Key}={v.Value}"));
}
