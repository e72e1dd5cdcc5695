using System.Diagnostics;
using Loquat.Benchmarks.Limits;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Loquat.Benchmarks;

/// <summary>What each operator of a GPT-2 step costs on this machine: products by library call, then everything else.</summary>
internal static class OperatorProfile
{
    public static void Products(StepSetting setting, TextWriter output)
    {
        using var guard = no_grad();
        output.WriteLine($"{setting}: products, ms for all layers (GFLOP/s)");
        foreach (var product in Product.OfStep(setting))
        {
            var cells = LimitStep.Measure(product, repetitions: 4)
                .Select(t => $"{t.Variant.Name} {t.Milliseconds:F1} ({product.FlopPerLayer * product.Layers / t.Milliseconds / 1e6:F0})");
            output.WriteLine($"- {product.Name}: {string.Join(" · ", cells)}");
            output.Flush();
            product.Dispose();
        }
    }

    public static void Operators(StepSetting setting, TextWriter output)
    {
        using var scope = NewDisposeScope();
        var type = setting.Precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32;
        var shape = setting.Shape;
        long rows = (long)setting.Batch * setting.Tokens, width = shape.Width, head = width / shape.Heads;
        output.WriteLine($"{setting}: other operators, ms for all layers, forward / backward");

        Differentiated("layer_norm", 2 * shape.Layers + 1, [rows, width], x => functional.layer_norm(x, [width], ones(width, type), zeros(width, type)));
        Differentiated("gelu tanh", shape.Layers, [rows, 4 * width], x => functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh));
        Differentiated("residual add", 2 * shape.Layers, [rows, width], x => x + x.detach());
        Differentiated("bias add (fc)", shape.Layers, [rows, 4 * width], x => x + ones(4 * width, type));
        Differentiated("attention (SDPA, causal)", shape.Layers, [3, setting.Batch, shape.Heads, setting.Tokens, head],
            x => functional.scaled_dot_product_attention(x[0], x[1], x[2], is_casual: true));
        var labels = randint(shape.Vocabulary, [rows], ScalarType.Int64);
        Differentiated("cross_entropy", 1, [rows, shape.Vocabulary], x => functional.cross_entropy(x, labels));
        var ids = randint(shape.Vocabulary, [rows], ScalarType.Int64);
        Differentiated("embedding (index_select)", 1, [shape.Vocabulary, width], x => x.index_select(0, ids));

        var parameters = Enumerable.Range(0, 10).Select(_ => zeros(shape.Parameters / 10)).ToArray();
        Tensor[] Like() => [.. parameters.Select(p => zeros_like(p).add_(1e-3f))];
        var (gradients, first, second) = (Like(), Like(), Like());
        var steps = parameters.Select(_ => ones(1)[0]).ToArray();
        Line("_fused_adamw_ (all parameters)", Best(() => Aten.FusedAdamW(parameters, gradients, first, second, steps, 1e-4)), 0);
        Line("gradients zeroed", Best(() => Array.ForEach(gradients, g => g.zero_())), 0);
        Line("gradient norm", Best(() => Array.ForEach(gradients, g => g.norm().Dispose())), 0);

        void Line(string name, double forward, double backward) =>
            output.WriteLine($"- {name}: {forward:F2} / {backward:F2}");

        void Differentiated(string name, int count, long[] inputShape, Func<Tensor, Tensor> run)
        {
            using var inner = NewDisposeScope();
            var x = randn(inputShape).to_type(type).requires_grad_(true);
            var y = run(x);
            var gradient = ones_like(y);
            Line(name, count * Best(() => run(x).Dispose()), count * Best(() => autograd.grad([y], [x], [gradient], retain_graph: true)[0].Dispose()));
        }
    }

    private static double Best(Action run)
    {
        var best = double.MaxValue;
        for (var repetition = 0; repetition < 6; repetition++)
        {
            using var scope = NewDisposeScope();
            var watch = Stopwatch.StartNew();
            run();
            best = Math.Min(best, watch.Elapsed.TotalMilliseconds);
        }
        return best;
    }
}
