namespace Loquat.Native;

/// <summary>
/// Which library multiplies matrices, for each kind of product: libtorch's operators, or oneDNN called directly. The same choice on the same machine gives the same
/// bits, so a run keeps the choice it began with.
/// </summary>
public sealed class ProductChoice : IEquatable<ProductChoice>
{
    private const string None = "none";
    private readonly HashSet<ProductKind> _oneDnn;

    private ProductChoice(IEnumerable<ProductKind> oneDnn) => _oneDnn = [.. oneDnn];

    /// <summary>libtorch's operators for everything.</summary>
    public static ProductChoice Libtorch { get; } = new([]);

    /// <summary>oneDNN for everything.</summary>
    public static ProductChoice OneDnn { get; } = new(ProductKind.All);

    /// <summary>oneDNN where it measured faster by more than such measurements differ.</summary>
    public static ProductChoice Of(IEnumerable<ProductRate> rates) => new(rates.Where(r => r.PrefersOneDnn).Select(r => r.Kind));

    /// <summary>Whether oneDNN computes this kind.</summary>
    public bool Uses(ProductKind kind) => _oneDnn.Contains(kind);

    /// <summary>The kinds that oneDNN computes, separated by commas; `none`.</summary>
    public override string ToString() => _oneDnn.Count == 0 ? None : string.Join(", ", ProductKind.All.Where(_oneDnn.Contains));

    /// <summary>Reads what <see cref="ToString"/> wrote; null where it names a kind that is not known here.</summary>
    public static ProductChoice? Parse(string text)
    {
        if (text.Trim() == None) return Libtorch;
        var known = ProductKind.All.ToDictionary(kind => kind.ToString());
        var kinds = new List<ProductKind>();
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!known.TryGetValue(name, out var kind)) return null;
            kinds.Add(kind);
        }
        return new(kinds);
    }

    public bool Equals(ProductChoice? other) => other is not null && _oneDnn.SetEquals(other._oneDnn);

    public override bool Equals(object? obj) => Equals(obj as ProductChoice);

    public override int GetHashCode() => _oneDnn.Count;
}

/// <summary>What both libraries measured for a kind of product.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="LibtorchGflops">By libtorch's operators, in 10⁹ operations per second.</param>
/// <param name="OneDnnGflops">By oneDNN called directly; 0 where that cannot be.</param>
/// <param name="MedianGain">Median over the repetitions of how much faster oneDNN was than libtorch just before it.</param>
public sealed record ProductRate(ProductKind Kind, double LibtorchGflops, double OneDnnGflops, double MedianGain)
{
    /// <summary>Repeated measurements of one call differ by a few percent: less than this decides nothing.</summary>
    private const double Clearly = 1.08;

    /// <summary>Whether oneDNN was clearly faster, at its best and in most pairs: a moment's other work moves one of the two at most.</summary>
    public bool PrefersOneDnn => OneDnnGflops > Clearly * LibtorchGflops && MedianGain > Clearly;

    /// <summary>The rate of the library that is chosen.</summary>
    public double Gflops => PrefersOneDnn ? OneDnnGflops : LibtorchGflops;
}
