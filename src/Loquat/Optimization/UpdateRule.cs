using static TorchSharp.torch;

namespace Loquat.Optimization;

/// <summary>How the parameters of one kind move, and what it remembers of them.</summary>
internal interface IUpdateRule : IDisposable
{
    /// <summary>Moves every parameter of the set that has a gradient.</summary>
    /// <param name="step">The number of this update, from 1.</param>
    /// <param name="learningRate">Before the factors of parameters and rule.</param>
    /// <param name="gradientScale">Multiplies every gradient.</param>
    void Step(long step, double learningRate, double gradientScale);

    /// <summary>The remembered tensors of one parameter of the set, by torch's names for them.</summary>
    IEnumerable<(string Name, Tensor Tensor)> State(int parameter);

    /// <summary>What is remembered of all parameters together.</summary>
    IEnumerable<(string Name, Tensor Tensor)> Shared => [];

    /// <summary>New weights to evaluate and save, where they are not those that are trained; null: they are.</summary>
    Tensor? Averaged(int parameter) => null;

    /// <summary>Takes the gradients of the set as an estimate of the curvature: of labels drawn from the model, or of the Hessian's diagonal.</summary>
    /// <param name="gradientScale">Multiplies every gradient.</param>
    /// <param name="tokens">Tokens that the estimate was made of.</param>
    void UpdateCurvature(double gradientScale, double tokens)
    {
    }
}
