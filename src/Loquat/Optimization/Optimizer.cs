using System.Runtime.InteropServices;
using Loquat.Native;
using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>
/// Moves parameters by their gradients. Each parameter may name its rule (<see cref="RuleOptions"/>), so AdamW alone, or Muon for
/// the hidden matrices with AdamW for the rest, are the same class. A step of a rule that looks at each element alone allocates no managed memory,
/// needs no separate pass for clipping, and gives the same bits for any number of threads.
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
    private readonly WeightAverage? _average;

    /// <param name="parameters">What to move, with unique names.</param>
    /// <param name="rule">Of parameters that name none.</param>
    /// <param name="averaging">Which average of the weights is kept, for <see cref="UseAverages"/>. Default: none.</param>
    /// <exception cref="ArgumentException">A name occurs twice, or a tensor's type, device, layout or shape does not fit its rule.</exception>
    /// <exception cref="OptionsException">An option out of its range.</exception>
    public Optimizer(IEnumerable<OptimizerParameter> parameters, RuleOptions rule, WeightAveraging? averaging = null)
    {
        Parameters = [.. parameters];
        // Parameters of equal rules are moved together.
        foreach (var group in Parameters.GroupBy(p => p.Rule ?? rule).OrderBy(g => g.Key.MatricesOnly))
        {
            var set = new ParameterSet([.. group.Key.Arrange(group)]);
            for (var i = 0; i < set.Count; i++)
                if (!_places.TryAdd(set[i].Name, (_groups.Count, i))) throw new ArgumentException($"two parameters are named '{set[i].Name}'.");
            _groups.Add((set, group.Key.Validated().Create(set)));
        }
        if (Parameters.Select(p => p.Rule ?? rule).FirstOrDefault(own => own.Curvature != CurvatureEstimate.None) is { } curved) (Curvature, CurvatureSteps) = (curved.Curvature, curved.CurvatureSteps);
        if (averaging is not null) _average = new WeightAverage(averaging, Parameters.Select(p => (p.Name, Master(p.Name))));
    }

    /// <summary>What <see cref="UpdateCurvature"/> wants to be given, every <see cref="CurvatureSteps"/> steps.</summary>
    public CurvatureEstimate Curvature { get; }

    /// <summary>Steps from one estimate to the next.</summary>
    public long CurvatureSteps { get; } = 1;

    /// <summary>The parameters, in the order given.</summary>
    public IReadOnlyList<OptimizerParameter> Parameters { get; }

    /// <summary>Updates made since the start of the run.</summary>
    public long Steps { get; private set; }

    /// <summary>Makes one update. Parameters without a gradient stay.</summary>
    /// <param name="learningRate">0 or more; parameters and rules multiply it by their own factors.</param>
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
        _average?.Update(Steps, Master);
    }

    /// <summary>Takes the present gradients as an estimate of the curvature, for rules that want one (<see cref="RuleOptions.Curvature"/>), and forgets them.</summary>
    /// <param name="tokens">Tokens that the estimate was made of.</param>
    /// <param name="gradientScale">As for <see cref="Step"/>.</param>
    public void UpdateCurvature(double tokens, double gradientScale = 1)
    {
        foreach (var (set, rule) in _groups)
        {
            set.Refresh();
            rule.UpdateCurvature(gradientScale, tokens);
        }
        ZeroGrad();
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

    /// <summary>New float32 weights to evaluate and save; null where they are the weights that are trained.</summary>
    /// <exception cref="KeyNotFoundException">No parameter has this name.</exception>
    public Tensor? Averaged(string name)
    {
        using var guard = no_grad();
        return _average is { } own ? own[name]?.clone() : _groups[_places[name].Group].Rule.Averaged(_places[name].Index);
    }

    /// <summary>
    /// Puts the average of the weights in the place of those that are trained, in the model and in <see cref="Master"/>, where an average is kept: by <see cref="WeightAveraging"/>, or
    /// by a rule such as Schedule-Free. Dispose of what it returns to train on.
    /// </summary>
    public IDisposable UseAverages()
    {
        var averages = new AveragedWeights();
        foreach (var parameter in Parameters)
        {
            using var scope = NewDisposeScope();
            var (group, index) = _places[parameter.Name];
            if (Averaged(parameter.Name) is { } average) averages.Put(_groups[group].Set, index, average);
        }
        return averages;
    }

    /// <summary>Clips each number of every gradient, as <c>torch.nn.utils.clip_grad_value_</c>.</summary>
    /// <param name="most">The largest absolute value. Above 0.</param>
    public void ClipGradientValues(double most) => ChangeGradients((gradient, _) => gradient.clamp_(-most, most));

    /// <summary>Shortens the gradient of each row, or of a vector, to a share of the length of its weights (Brock et al. 2021, equation 3).</summary>
    /// <param name="share">Above 0; 0.01 is usual.</param>
    /// <param name="least">The least length of weights that counts.</param>
    public void ClipGradientsAdaptively(double share, double least = 1e-3) => ChangeGradients((gradient, weights) =>
    {
        long[] rows = weights.dim() > 1 ? [.. Enumerable.Range(1, (int)weights.dim() - 1).Select(d => (long)d)] : [0];
        var longest = weights.square().sum(rows, keepdim: true).sqrt_().clamp_(min: least).mul_(share);
        var length = gradient.to(ScalarType.Float32).square().sum(rows, keepdim: true).sqrt_().clamp_(min: 1e-6);
        gradient.mul_(longest.div(length).clamp_(max: 1));
    });

    /// <summary>Adds noise to every gradient (Neelakantan et al. 2015).</summary>
    /// <param name="deviation">Standard deviation. 0 or more.</param>
    /// <param name="seed">Of the noise.</param>
    public void AddGradientNoise(double deviation, ulong seed)
    {
        using var generator = new Generator(seed);
        ChangeGradients((gradient, weights) => gradient.add_(randn(weights.shape, generator: generator).to(gradient.dtype), alpha: deviation));
    }

    /// <summary>Square of the L2 norm of the gradients of the last backward pass alone, before <see cref="Accumulate"/>.</summary>
    public double LastSquaredNorm()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        return Parameters.Sum(p => p.Compute.grad is { } gradient ? gradient.to(ScalarType.Float64).square().sum().item<double>() : 0);
    }

    private void ChangeGradients(Action<Tensor, Tensor> change)
    {
        using var guard = no_grad();
        foreach (var (set, _) in _groups)
        {
            for (var i = 0; i < set.Count; i++)
            {
                using var scope = NewDisposeScope();
                if (set.LiveGradient(i) is { } gradient) change(gradient, set.Master(i).detach());
            }
        }
    }

    /// <summary>
    /// Everything a resumed run needs besides the weights of a float32 model: "step", per parameter what its rule remembers by torch's names, such as "name.exp_avg",
    /// and "name.master" where it has one, and what a rule remembers of all its parameters, as "group0.d". The tensors are live; copy them to keep them. "step" is new.
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
        for (var group = 0; group < _groups.Count; group++)
            foreach (var (name, state) in _groups[group].Rule.Shared) yield return ($"group{group}.{name}", state);
        foreach (var state in _average?.State ?? []) yield return state;
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
        _average?.Dispose();
    }

    private readonly unsafe struct NormBody(ParameterSet set, NormKind kind) : ISliceBody
    {
        private readonly ParameterBlock* _blocks = set.Blocks;
        private readonly Slice* _slices = set.Slices;
        private readonly double* _partials = set.Partials;

        public void Run(int index) => _partials[index] = GradientReduction.Reduce(kind, _blocks, _slices[index]);
    }
}
