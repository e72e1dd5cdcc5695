namespace Loquat.Text.Tokenization.Models;

/// <summary>How a model cuts a piece by chance.</summary>
internal enum SamplingMethod
{
    /// <summary>It knows one way only.</summary>
    None,

    /// <summary>Ways to cut have probabilities (Kudo 2018).</summary>
    Lattice,

    /// <summary>Merges are left out (Provilkov et al. 2020).</summary>
    MergeDropout,
}
