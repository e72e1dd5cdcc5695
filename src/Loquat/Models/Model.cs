using Loquat.Layers;
using Loquat.Native;
using static TorchSharp.torch;

namespace Loquat.Models;

/// <summary>
/// A network with named parameters: what training, checkpoints and optimizers know of it. What it reads and gives is told by its kind: <see cref="CausalModel"/>,
/// <see cref="EncoderModel"/>, <see cref="EncoderDecoderModel"/>. Stateless after construction: caches and masks belong to the caller. Not thread-safe while training.
/// </summary>
public abstract class Model : IDisposable
{
    private readonly Dictionary<string, Parameter> _byName;

    /// <param name="seed">Of the starting weights; null: none are set, for what is read from a file.</param>
    /// <exception cref="OptionsException">The configuration is impossible.</exception>
    /// <exception cref="MachineException">It does not fit the memory.</exception>
    protected Model(ModelConfig config, Placement placement, ulong? seed)
    {
        Libtorch.Initialize();
        Config = config.Validated();
        Config.CheckMemory(placement);
        Placement = placement;
        Parameters = [.. config.Parameters().Select(spec => new Parameter(spec, placement, seed))];
        Buffers = [.. config.Buffers().Select(spec => new Parameter(spec, placement, seed ?? 0))];
        foreach (var buffer in Buffers) buffer.Value.requires_grad = false;
        _byName = Parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
    }

    public ModelConfig Config { get; }

    public Placement Placement { get; }

    /// <summary>The longest text that it reads, in tokens.</summary>
    public virtual int Positions => Config.ContextLength;

    /// <summary>In the order of the forward pass.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Tensors that are saved with the parameters and never trained.</summary>
    public IReadOnlyList<Parameter> Buffers { get; }

    /// <summary>
    /// Layers, counted from the first of each stack, that keep no activations for the backward pass but compute them anew there: more time, less memory, the same gradients. Default: 0.
    /// </summary>
    /// <exception cref="OptionsException">The architecture keeps what it computed.</exception>
    public int CheckpointedLayers
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            if (value > 0 && !TakesCheckpoints) throw new OptionsException($"gradient checkpointing is not offered for {Config.ModelType}. Leave out training.gradient_checkpointing and training.max_memory.");
            field = value;
        }
    }

    /// <summary>Whether layers can compute their activations anew.</summary>
    protected virtual bool TakesCheckpoints => false;

    /// <summary>What learns beside the weights, in the order in which it was put on.</summary>
    public IReadOnlyList<IModelAdapter> Adapters => AdapterList;

    internal List<IModelAdapter> AdapterList { get; } = [];

    /// <summary>What training changes: all parameters, or, of a model with adapters, theirs and those that they train of it.</summary>
    public IEnumerable<Parameter> TrainedParameters => Parameters.Where(p => p.Trains).Concat(Adapters.SelectMany(a => a.Parameters).Where(p => p.Trains));

    /// <summary>Whether it is its weights and they all learn: what written-out training passes are made for.</summary>
    internal bool IsPlain => AdapterList.Count == 0 && Parameters.All(p => p.Trains && p.IsPlain);

    public Parameter this[string name] => _byName[name];

    /// <summary>The parameter of a name; null where the architecture has none.</summary>
    public Parameter? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// One forward and backward pass. Gradients of (sum of the losses) · <paramref name="scale"/> are added to each
    /// parameter's <c>grad</c>, so that micro-batches of one step simply follow each other.
    /// </summary>
    /// <param name="scale">1 / counted labels of the whole step.</param>
    /// <returns>The sum of the losses in nats.</returns>
    /// <exception cref="OptionsException">A token, label or position lies outside the model's tables, a tensor has another shape or type, or the batch holds what this model does not take.</exception>
    public abstract double LossAndGradients(ModelBatch batch, double scale);

    /// <summary>The sum of the losses in nats, and each label's when <paramref name="losses"/> is given.</summary>
    /// <param name="losses">One for each label of the batch, row by row; 0 where it does not count. Those of <see cref="ModelBatch.RowLabels"/> come last, where there is room for them.</param>
    /// <exception cref="OptionsException">As <see cref="LossAndGradients"/>.</exception>
    public abstract double Loss(ModelBatch batch, double[]? losses = null);

    public void ZeroGradients()
    {
        foreach (var parameter in Parameters.Concat(Adapters.SelectMany(a => a.Parameters))) parameter.Forget();
    }

    public void Dispose()
    {
        foreach (var adapter in AdapterList.ToArray()) adapter.Dispose();
        foreach (var parameter in Parameters.Concat(Buffers)) parameter.Dispose();
        DisposeTables();
        GC.SuppressFinalize(this);
    }

    /// <summary>A layer under autograd, computed anew in the backward pass where it is to be (<see cref="CheckpointedLayers"/>).</summary>
    /// <param name="part">Of the inputs.</param>
    /// <param name="inputs">What the layer reads that does not live as long as the step, or depends on parameters; null: what is not there.</param>
    private protected Tensor ThroughLayer(int layer, ForwardContext context, Func<IReadOnlyList<Tensor?>, Tensor> part, params Tensor?[] inputs)
    {
        var state = layer < CheckpointedLayers && context.Training ? ActivationCheckpoint.Apply(part, inputs) : part(inputs);
        context.States?.Add(state.alias().DetachFromDisposeScope());
        return state;
    }

    /// <summary>Frees tensors that are no parameters.</summary>
    protected virtual void DisposeTables()
    {
    }
}
