using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

/// <summary>fixtures/training/attention: one state that looks at those of a text, values and gradients.</summary>
public sealed class MemoryAttentionTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<string?> Cases => [.. TrainingSection.Cases("attention", names => names.Contains("s") && names.Contains("h") && names.Contains("context"))];

    [Theory, MemberData(nameof(Cases))]
    public void Context_weights_and_gradients_are_those_of_the_reference(string? name)
    {
        using var scope = NewDisposeScope();
        var given = TrainingSection.Tensors("attention", name);
        Tensor Leaf(string key) => given[key] = given[key].clone().requires_grad_(given.ContainsKey($"grad.{key}"));
        var (s, h) = (Leaf("s"), Leaf("h"));
        Tensor scores;
        if (given.ContainsKey("wh")) scores = MemoryAttention.AdditiveScores(s.matmul(Leaf("ws").t()), h.matmul(Leaf("wh").t()), Leaf("v"));
        else if (given.ContainsKey("v"))
        {
            var parts = Leaf("w").split([s.shape[1], h.shape[2]], 1);
            scores = MemoryAttention.AdditiveScores(s.matmul(parts[0].t()), h.matmul(parts[1].t()), Leaf("v"));
        }
        else scores = MemoryAttention.DotScores(s, given.ContainsKey("w") ? h.matmul(Leaf("w").t()) : h);
        var (context, weights) = MemoryAttention.Read(scores, h, null);
        Gradients.Close(context, given["context"], Tolerance, "context");
        Gradients.Close(weights, given["weights"], Tolerance, "weights");
        ((context * given["cotangent.context"]).sum() + (weights * given["cotangent.weights"]).sum()).backward();
        foreach (var key in given.Keys.Where(key => key.StartsWith("grad.", StringComparison.Ordinal)).ToList()) Gradients.Close(given[key[5..]].grad!, given[key], Tolerance, key);
    }
}
