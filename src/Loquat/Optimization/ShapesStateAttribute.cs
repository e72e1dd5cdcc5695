namespace Loquat.Optimization;

/// <summary>Marks options that decide what a rule remembers: a run cannot go on with another value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ShapesStateAttribute : Attribute;
