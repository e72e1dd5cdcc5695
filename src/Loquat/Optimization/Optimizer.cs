using System.Runtime.InteropServices;
using Loquat.Native;
using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>
/// Moves parameters by their gradients. Each parameter names its rule (<see cref="OptimizerKind"/>), so AdamW alone, or Muon for
/// the hidden matrices with AdamW for the rest, are the same class. A step allocates no managed memory, needs no separate
/// pass for clipping, and gives the same bits for any number of threads.
/// </summary>
/// <remarks>
/// Parameters in bfloat16 have float32 masters here: the update is made on the master and its rounded copy written in the same pass.
/// One step of the loop: backward, <see cref="GradientNorm"/>, <see cref="Step"/>, <see cref="ZeroGrad"/>.
/// </remarks>
public sealed class Optimizer : IDisposable
{
    /// <summary>What follows a parameter's name in <see cref="State"/> where the tensor is its float32 master.</summary>
    internal const string MasterSuffix = ".master";

    private readonly List<(ParameterSet Set, IUpdateRule Rule)> _groups = [];
    private readonly Dictionary<string, (int Group, int Index)> _places = [];

    /// <param name="parameters">What to move, with unique names.</param>
    /// <param name="adamW">Options of AdamW. Default: <see cref="AdamWOptions"/>.</param>
    /// <param name="muon">Options of Muon. Default: <see cref="MuonOptions"/>.</param>
    /// <exception cref="ArgumentException">A name occurs twice, or a tensor's type, device, layout or shape does not fit its rule.</exception>
    /// <exception cref="OptionsException">An option out of its range.</exception>
    public Optimizer(IEnumerable<OptimizerParameter> parameters, AdamWOptions? adamW = null, MuonOptions? muon = null)
    {
        Parameters = [.. parameters];
        foreach (var kind in Parameters.GroupBy(p => p.Kind).OrderBy(g => g.Key))
        {
            var set = new ParameterSet(kind.Key == OptimizerKind.Muon
                ? [.. kind.OrderBy(p => p.Compute.shape[0]).ThenBy(p => p.Compute.shape[^1])]
                : [.. kind]);
            for (var i = 0; i < set.Count; i++)
                if (!_places.TryAdd(set[i].Name, (_groups.Count, i))) throw new ArgumentException($"two parameters are named '{set[i].Name}'.");
            _groups.Add((set, kind.Key switch
            {
                OptimizerKind.AdamW => new AdamWRule(set, adamW ?? new AdamWOptions()),
                OptimizerKind.Muon => new MuonRule(set, muon ?? new MuonOptions()),
                var other => throw new ArgumentException($"there is no update rule {other}."),
            }));
        }
    }

    /// <summary>The parameters, in the order given.</summary>
    public IReadOnlyList<OptimizerParameter> Parameters { get; }

    /// <summary>Updates made since the start of the run.</summary>
    public long Steps { get; private set; }

    /// <summary>Makes one update. Parameters without a gradient stay.</summary>
    /// <param name="learningRate">0 or more; parameters and Muon multiply it by their own factors.</param>
    /// <param name="gradientScale">
    /// Multiplies every gradient within the same pass: <see cref="GradientClipping.Factor"/>, divided by the tokens of the batch
    /// where losses were summed.
    /// </param>
    public void Step(double learningRate, double gradientScale = 1)
    {
        Steps++;
        foreach (var (set, rule) in _groups)
        {
            set.Refresh();
            rule.Step(Steps, learningRate, gradientScale);
        }
    }

    /// <summary>
    /// The length of all gradients as one vector, before any scale. Summed in float64 in a fixed order: the same bits for any number
    /// of threads and any processor. NaN or infinity where a gradient holds one.
    /// </summary>
    public unsafe double GradientNorm(NormKind kind = NormKind.L2)
    {
        var total = 0.0;
        foreach (var (set, _) in _groups)
        {
            set.Refresh();
            SliceLoop.For(set.SliceCount, new NormBody(set, kind));
            total = GradientReduction.Join(kind, total, new ReadOnlySpan<double>(set.Partials, set.SliceCount));
        }
        return kind == NormKind.L2 ? Math.Sqrt(total) : total;
    }

    /// <summary>
    /// Adds the gradients of the last backward pass to float32 sums, which <see cref="Step"/> and <see cref="GradientNorm"/> then use. Call it after every
    /// micro-batch of a bfloat16 model whose step has more than one: sums in bfloat16 would lose small gradients. A float32 model
    /// need not: backward passes add up by themselves.
    /// </summary>
    public void Accumulate()
    {
        foreach (var (set, _) in _groups) set.Accumulate();
    }

    /// <summary>Forgets all gradients. The next backward pass hands over its own buffers, which saves writing zeros and adding to them.</summary>
    public void ZeroGrad()
    {
        foreach (var (set, _) in _groups) set.ReleaseGradients();
    }

    /// <summary>The float32 weights of a parameter: what a checkpoint keeps. Owned by the optimizer or the model.</summary>
    /// <exception cref="KeyNotFoundException">No parameter has this name.</exception>
    public Tensor Master(string name) => _groups[_places[name].Group].Set.Master(_places[name].Index);

    /// <summary>
    /// Everything a resumed run needs besides the weights of a float32 model: "step", and per parameter "name.exp_avg", "name.exp_avg_sq" or
    /// "name.momentum_buffer", and "name.master" where it has one. The tensors are live; copy them to keep them. "step" is new.
    /// </summary>
    public IEnumerable<(string Name, Tensor Tensor)> State()
    {
        yield return ("step", tensor(Steps, ScalarType.Int64));
        foreach (var parameter in Parameters)
        {
            var (group, index) = _places[parameter.Name];
            var (set, rule) = _groups[group];
            foreach (var (name, state) in rule.State(index)) yield return ($"{parameter.Name}.{name}", state);
            if (set.HasMaster(index)) yield return ($"{parameter.Name}{MasterSuffix}", set.Master(index));
        }
    }

    /// <summary>Takes over a state saved by <see cref="State"/>; bfloat16 weights are rounded anew from their masters.</summary>
    /// <exception cref="CheckpointException">A tensor is missing, superfluous, or of another shape or type. Nothing was changed.</exception>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
        using var scope = NewDisposeScope();
        using var inference = no_grad();
        var own = State().ToDictionary(s => s.Name, s => s.Tensor);
        foreach (var (name, target) in own)
        {
            if (!state.TryGetValue(name, out var source)) throw new CheckpointException($"the optimizer state has no tensor '{name}'. It is of another model or optimizer; start without --resume, or use the recipe it was made with.");
            if (source.dtype != target.dtype || !source.shape.SequenceEqual(target.shape))
            {
                throw new CheckpointException(
                    $"the optimizer state '{name}' is {source.dtype} [{string.Join(", ", source.shape)}]; this model needs {target.dtype} [{string.Join(", ", target.shape)}].");
            }
        }
        if (state.Keys.FirstOrDefault(k => !own.ContainsKey(k)) is { } extra)
            throw new CheckpointException($"the optimizer state has a tensor '{extra}' that this optimizer does not know. It is of another model or optimizer.");
        foreach (var (name, target) in own) target.copy_(state[name]);
        Steps = own["step"].item<long>();
        foreach (var (set, _) in _groups) set.WriteCompute();
    }

    public void Dispose()
    {
        foreach (var (set, rule) in _groups)
        {
            rule.Dispose();
            set.Dispose();
        }
        _groups.Clear();
    }

    private readonly unsafe struct NormBody(ParameterSet set, NormKind kind) : ISliceBody
    {
        private readonly ParameterBlock* _blocks = set.Blocks;
        private readonly Slice* _slices = set.Slices;
        private readonly double* _partials = set.Partials;

        public void Run(int index) => _partials[index] = GradientReduction.Reduce(kind, _blocks, _slices[index]);
    }
}
