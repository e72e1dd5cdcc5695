namespace Loquat.Distillation;

/// <summary>How the states of a student and its teacher are compared.</summary>
public enum HiddenLoss
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>The mean squared difference over the width (Jiao et al. 2020, equation 8).</summary>
    Mse,

    /// <summary>1 less the cosine (Sanh et al. 2019, section 3).</summary>
    Cosine,
}
