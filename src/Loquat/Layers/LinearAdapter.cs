using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>
/// What is learned beside an affine map whose weights stay: it may change what the map takes and what it gives. Any number of them stand on a <see cref="Parameter"/>, and act wherever
/// <see cref="Linear"/> applies it; no architecture knows of them.
/// </summary>
public abstract class LinearAdapter
{
    /// <summary>What it learns.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <param name="x">(…, I): what the map is given.</param>
    /// <returns>(…, I): what it takes.</returns>
    protected internal virtual Tensor Before(Tensor x) => x;

    /// <param name="x">(…, I): what the map took.</param>
    /// <param name="y">(…, O): what it gave, and adapters before this one made of it.</param>
    /// <param name="plain">(…, O): what it gave.</param>
    /// <returns>(…, O).</returns>
    protected internal abstract Tensor After(Tensor x, Tensor y, Tensor plain);

    /// <summary>The weight with which the map alone gives the same; null: no weight does.</summary>
    /// <param name="weight">(O, I) float32.</param>
    protected internal abstract Tensor? Merged(Tensor weight);

    /// <summary>The bias that goes with <see cref="Merged"/>. Default: the same.</summary>
    /// <param name="bias">(O) float32.</param>
    protected internal virtual Tensor MergedBias(Tensor bias) => bias;
}
