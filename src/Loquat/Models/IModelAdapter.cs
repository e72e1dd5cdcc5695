using Loquat.Layers;

namespace Loquat.Models;

/// <summary>What stands beside a model's weights and learns in their place; see <c>Loquat.Adapters</c>.</summary>
public interface IModelAdapter : IDisposable
{
    /// <summary>Parameters of its own; those of the model that it trains too are not among them.</summary>
    IReadOnlyList<Parameter> Parameters { get; }
}
