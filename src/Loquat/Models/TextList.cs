using System.Collections;

namespace Loquat.Models;

/// <summary>Texts of a recipe, equal to another list of the same texts: recipes are compared by value.</summary>
public sealed class TextList(IReadOnlyList<string> texts) : IReadOnlyList<string>, IEquatable<TextList>
{
    public static TextList Empty { get; } = new([]);

    public int Count => texts.Count;

    public string this[int index] => texts[index];

    public bool Equals(TextList? other) => other is not null && texts.SequenceEqual(other, StringComparer.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as TextList);

    public override int GetHashCode() => texts.Aggregate(texts.Count, HashCode.Combine);

    public IEnumerator<string> GetEnumerator() => texts.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
