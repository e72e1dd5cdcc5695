using System.Collections;

namespace Loquat.Models;

/// <summary>A list of a configuration, equal to another list of the same values: configurations are compared by value.</summary>
internal sealed class ConfigList<T>(IReadOnlyList<T> values) : IReadOnlyList<T>
{
    public int Count => values.Count;

    public T this[int index] => values[index];

    public override bool Equals(object? obj) => obj is ConfigList<T> other && values.SequenceEqual(other);

    public override int GetHashCode() => values.Aggregate(values.Count, HashCode.Combine);

    public IEnumerator<T> GetEnumerator() => values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
