using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using static TorchSharp.torch;

namespace Loquat.Training;

/// <summary>
/// Mixout (Lee et al. 2020, eq. 6): in each training pass every number of the matrices is, with a probability p, that of the model which the run began with; the others lie as much further from it as
/// keeps the mean, w₀ + (w - w₀) / (1 - p). What a model had before it is tuned does not get lost. A head is new and has no such weights: it is left alone.
/// </summary>
public sealed class Mixout : IDisposable
{
    private readonly double _probability;
    private readonly List<(Parameter Parameter, Tensor First)> _matrices = [];

    /// <param name="model">Where the run begins: with the weights that are mixed in.</param>
    /// <param name="probability">Above 0, below 1.</param>
    /// <param name="file">Where they are kept, for a run that goes on.</param>
    /// <param name="begins">Whether the run begins now; else they are read from <paramref name="file"/>.</param>
    /// <exception cref="CheckpointException">The run goes on, and the file is missing or of another model.</exception>
    public Mixout(Model model, double probability, string file, bool begins)
    {
        if (probability is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(probability), probability, "a probability of mixout is above 0 and below 1.");
        _probability = probability;
        var head = (model as EncoderModel)?.Head.Parts.SelectMany(part => part.Parameters(Initializer.Zeros)).Select(spec => spec.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        var matrices = model.Parameters.Where(p => p.Spec.Role == ParameterRole.Matrix && p.Trains && !head.Contains(p.Name)).ToList();
        using var guard = no_grad();
        if (begins)
        {
            foreach (var parameter in matrices) _matrices.Add((parameter, parameter.Value.detach().clone().DetachFromDisposeScope()));
            var whole = file + ".new";
            SafetensorsWriter.Write(whole, [.. _matrices.Select(m => (m.Parameter.Name, m.First))]);
            File.Move(whole, file, overwrite: true);
            return;
        }
        if (!File.Exists(file)) throw new CheckpointException($"{file}: the weights that the run began with are missing, and training.mixout mixes them in. Put back a copy of the run, or start another with --out.");
        using var saved = SafetensorsFile.Open(file);
        foreach (var parameter in matrices)
        {
            if (!saved.Entries.ContainsKey(parameter.Name)) throw new CheckpointException($"{file}: has no tensor '{parameter.Name}': it is of another model. Put back a copy of the run, or start another with --out.");
            using var scope = NewDisposeScope();
            _matrices.Add((parameter, saved.Load(parameter.Name).to(parameter.Value.dtype).to(parameter.Value.device).DetachFromDisposeScope()));
        }
    }

    /// <summary>Mixes, drawing from the generators of <see cref="Randomness"/>. Disposing of what it returns gives back the weights and makes the gradients of the last pass those by them.</summary>
    internal IDisposable Mix()
    {
        using var guard = no_grad();
        var mixed = new Mixed();
        foreach (var (parameter, first) in _matrices)
        {
            using var scope = NewDisposeScope();
            var value = parameter.Value;
            var kept = Dropout.Mask(_probability, value, value.shape);              // 0 or 1 / (1 - p)
            mixed.Add(parameter, value.detach().clone().DetachFromDisposeScope(), kept.DetachFromDisposeScope());
            value.sub_(first).mul_(kept).add_(first);
        }
        return mixed;
    }

    public void Dispose()
    {
        foreach (var (_, first) in _matrices) first.Dispose();
    }

    private sealed class Mixed : IDisposable
    {
        private readonly List<(Parameter Parameter, Tensor Weights, Tensor Kept)> _parts = [];

        public void Add(Parameter parameter, Tensor weights, Tensor kept) => _parts.Add((parameter, weights, kept));

        public void Dispose()
        {
            using var guard = no_grad();
            foreach (var (parameter, weights, kept) in _parts)
            {
                parameter.Value.copy_(weights);
                using (var gradient = parameter.Value.grad) gradient?.mul_(kept);
                weights.Dispose();
                kept.Dispose();
            }
        }
    }
}
