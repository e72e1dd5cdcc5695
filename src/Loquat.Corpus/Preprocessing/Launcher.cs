namespace Loquat.Corpus.Preprocessing;

/// <summary>One of the processes that a launcher started for one work.</summary>
/// <param name="Rank">Its number, from 0.</param>
/// <param name="Ranks">How many there are.</param>
public readonly record struct Launcher(int Rank, int Ranks)
{
    // As launchers set them: Open MPI, MPICH and its kin, a step of Slurm, torchrun.
    private static readonly (string Rank, string[] Ranks)[] _variables =
    [
        ("OMPI_COMM_WORLD_RANK", ["OMPI_COMM_WORLD_SIZE"]),
        ("PMI_RANK", ["PMI_SIZE"]),
        ("SLURM_PROCID", ["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"]),
        ("RANK", ["WORLD_SIZE"]),
        ("JOB_COMPLETION_INDEX", ["WORLD_SIZE"]),
    ];

    /// <summary>Not launched by any: alone.</summary>
    public static Launcher None => new(0, 1);

    /// <summary>What the variables of a launcher say (mpirun, srun, torchrun, an indexed job of Kubernetes with WORLD_SIZE).</summary>
    /// <param name="variable">Gives a variable's value. Default: that of the environment.</param>
    /// <exception cref="OptionsException">A rank without the number of ranks, or none of them.</exception>
    public static Launcher Find(Func<string, string?>? variable = null)
    {
        variable ??= Environment.GetEnvironmentVariable;
        foreach (var (rank, sizes) in _variables)
        {
            if (variable(rank) is not { Length: > 0 } text) continue;
            var size = Array.Find(sizes, name => variable(name) is { Length: > 0 });
            if (size is null)
            {
                // A batch script of Slurm is process 0 of no step.
                if (text == "0") return None;
                throw new OptionsException($"{rank} is {text}, and {sizes[^1]} does not say how many processes there are. Set it, or unset {rank} to work alone.");
            }
            if (!int.TryParse(text, out var number) || !int.TryParse(variable(size), out var count) || number < 0 || number >= count) throw new OptionsException($"{rank} is '{text}' and {size} is '{variable(size)}'; the first must be a number from 0, below the second.");
            return new(number, count);
        }
        return None;
    }
}
