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

    /// <summary>LayerDrop (Fan et al. 2020, section 3.1): in training each layer is left out with this probability, for the whole batch. 0 to below 1. Default: 0.</summary>
    /// <exception cref="OptionsException">The architecture is no stack of layers that can do without one.</exception>
    public double LayerDrop
    {
        get;
        set
        {
            if (value is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(value), value, "a probability is 0 to below 1.");
            if (value > 0 && !TakesLayerDrop) throw new OptionsException($"layers of a {Config.ModelType} are not left out at random{(LayerDropKeys is { } own ? $" by training.layer_drop: it has {own} for that" : "")}. Leave out training.layer_drop.");
            field = value;
        }
    }

    /// <summary>
    /// Stochastic depth (Huang et al. 2016, eq. 2 and 4): in training what layer l of L adds is left out of a row with probability l / L of this, and divided by that of staying elsewhere. 0 to below
    /// 1. Default: 0.
    /// </summary>
    /// <exception cref="OptionsException">The architecture's layers do not add to what they read.</exception>
    public double DropPath
    {
        get;
        set
        {
            if (value is not (>= 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(value), value, "a probability is 0 to below 1.");
            if (value > 0 && !AddsToStream) throw new OptionsException($"layers of a {Config.ModelType} do not add to what they read, so nothing that they add can be left out. Leave out training.drop_path{(TakesLayerDrop ? ", or use training.layer_drop" : "")}.");
            field = value;
        }
    }

    /// <summary>Whether a layer can be left out of a training pass.</summary>
    protected virtual bool TakesLayerDrop => TakesCheckpoints;

    /// <summary>Whether each layer gives what it read and something more: normalization stands before its parts, not behind.</summary>
    protected virtual bool AddsToStream => false;

    /// <summary>Keys of the configuration that leave layers out; null: none.</summary>
    protected virtual string? LayerDropKeys => null;

    /// <summary>Whether layers can compute their activations anew.</summary>
    protected virtual bool TakesCheckpoints => false;

    /// <summary>What learns beside the weights, in the order in which it was put on.</summary>
    public IReadOnlyList<IModelAdapter> Adapters => AdapterList;

    internal List<IModelAdapter> AdapterList { get; } = [];

    /// <summary>What training changes: all parameters, or, of a model with adapters, theirs and those that they train of it.</summary>
    public IEnumerable<Parameter> TrainedParameters => Parameters.Where(p => p.Trains).Concat(Adapters.SelectMany(a => a.Parameters).Where(p => p.Trains));

    /// <summary>Whether it is its weights, they all learn, and every layer takes part: what written-out training passes are made for.</summary>
    internal bool IsPlain => AdapterList.Count == 0 && LayerDrop == 0 && DropPath == 0 && Parameters.All(p => p.Trains && p.IsPlain);

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

    /// <summary>A layer under autograd, computed anew in the backward pass where it is to be (<see cref="CheckpointedLayers"/>), or left out (<see cref="LayerDrop"/>, <see cref="DropPath"/>).</summary>
    /// <param name="part">Of the inputs.</param>
    /// <param name="inputs">What the layer reads that does not live as long as the step, or depends on parameters; null: what is not there.</param>
    private protected Tensor ThroughLayer(int layer, ForwardContext context, Func<IReadOnlyList<Tensor?>, Tensor> part, params Tensor?[] inputs)
    {
        var state = Drawn(layer, context, part, inputs);
        context.States?.Add(state.alias().DetachFromDisposeScope());
        return state;
    }

    // Layers and what they add are left out by chance in training.
    private Tensor Drawn(int layer, ForwardContext context, Func<IReadOnlyList<Tensor?>, Tensor> part, Tensor?[] inputs)
    {
        if (!context.Training) return part(inputs);
        if (LayerDrop > 0 && Randomness.Happens(LayerDrop)) return inputs[0]!;
        var y = layer < CheckpointedLayers ? ActivationCheckpoint.Apply(part, inputs) : part(inputs);
        if (DropPath == 0) return y;
        var x = inputs[0]!;                                                         // (B, T, E)
        return x + (y - x) * Dropout.Mask(DropPath * (layer + 1) / Config.Layers, x, x.shape[0], 1, 1);
    }

    /// <summary>Frees tensors that are no parameters.</summary>
    protected virtual void DisposeTables()
    {
    }
}
