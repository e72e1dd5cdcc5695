using Loquat.Sweeps.Trials;

namespace Loquat.Sweeps.Stores;

/// <summary>The trials of one study, which several processes may share.</summary>
public abstract class StudyStore : IDisposable
{
    /// <summary>
    /// What the study is, as text. The first who comes writes it; who comes with another is refused.
    /// </summary>
    /// <exception cref="OptionsException">The store holds another study.</exception>
    /// <exception cref="MachineException">The store cannot be reached.</exception>
    public abstract void Begin(string definition);

    /// <summary>Reads the trials, decides, writes what was changed, while nobody else does.</summary>
    /// <param name="decide">Given all trials by number; returns a result, and the trials that are new or changed.</param>
    /// <exception cref="MachineException">The store cannot be reached.</exception>
    public abstract T Decide<T>(Func<IReadOnlyList<Trial>, (T Result, IReadOnlyList<Trial> Changed)> decide);

    /// <summary>All trials as they stand.</summary>
    public IReadOnlyList<Trial> Trials => Decide(trials => (trials, (IReadOnlyList<Trial>)[]));

    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>In memory, for one process.</summary>
public sealed class MemoryStore : StudyStore
{
    private readonly Lock _gate = new();
    private readonly List<Trial> _trials = [];
    private string? _definition;

    public override void Begin(string definition)
    {
        lock (_gate)
        {
            _definition ??= definition;
            if (_definition != definition) throw new OptionsException("this store holds another study.");
        }
    }

    public override T Decide<T>(Func<IReadOnlyList<Trial>, (T Result, IReadOnlyList<Trial> Changed)> decide)
    {
        lock (_gate)
        {
            var (result, changed) = decide([.. _trials]);
            foreach (var trial in changed)
            {
                if (trial.Number == _trials.Count) _trials.Add(trial);
                else _trials[trial.Number] = trial;
            }
            return result;
        }
    }
}
