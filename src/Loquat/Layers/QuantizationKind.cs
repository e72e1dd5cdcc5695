namespace Loquat.Layers;

/// <summary>In which numbers the weights of hidden layers are kept while adapters learn beside them.</summary>
public enum QuantizationKind
{
    /// <summary>As they are.</summary>
    None,

    /// <summary>8 bits: of each 64 weights the largest is exact, the others lie on 127 equal steps to either side of 0. About 8.5 bits a weight.</summary>
    Int8,

    /// <summary>4 bits: of each 64 weights the largest is exact, the others are the nearest of 16 quantiles of a normal distribution (NF4; Dettmers et al. 2023, QLoRA, section 3). About 4.5 bits a weight.</summary>
    Nf4,
}
