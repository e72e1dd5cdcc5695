using Loquat.Benchmarks.Limits;
using static TorchSharp.torch;

namespace Loquat.Benchmarks.Peers;

/// <summary>libtorch's fused AdamW over a plain module's parameters.</summary>
internal sealed class FusedAdamW(Tensor[] parameters, double rate) : IDisposable
{
    private readonly Tensor[] _first = [.. parameters.Select(p => zeros_like(p))];
    private readonly Tensor[] _second = [.. parameters.Select(p => zeros_like(p))];
    private readonly Tensor[] _steps = [.. parameters.Select(_ => tensor(0f))];

    public void Step()
    {
        using var guard = no_grad();
        foreach (var step in _steps) step.add_(1);
        Aten.FusedAdamW(parameters, [.. parameters.Select(p => p.grad!)], _first, _second, _steps, rate);
    }

    public void ZeroGradients()
    {
        foreach (var parameter in parameters) parameter.grad?.zero_();
    }

    public void Dispose()
    {
        foreach (var tensor in _first.Concat(_second).Concat(_steps)) tensor.Dispose();
    }
}
