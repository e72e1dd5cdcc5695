using CsCheck;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Optimization;

public sealed class BlockQuantizationTests
{
    private static readonly Gen<float[]> _numbers = Gen.Select(Gen.Float[-1, 1].Array[8, 256], Gen.Int[-110, 30], (x, power) => x[..(x.Length / 8 * 8)].Select(v => v * v * v * MathF.Pow(2, power)).ToArray());

    [Fact]
    public unsafe void A_signed_block_comes_back_within_a_share_of_its_largest_number() => _numbers.Sample(x =>
    {
        var (q, back) = (new sbyte[x.Length], new float[x.Length]);
        fixed (float* source = x, target = back)
        fixed (sbyte* bytes = q) BlockQuantization.DecodeSigned(bytes, BlockQuantization.EncodeSigned(source, bytes, x.Length), target, x.Length);
        if (x.Max(MathF.Abs) < BlockQuantization.LeastScale) return back.All(value => value == 0);
        var bound = (1 / 127.0 + 1 / (254.0 * 254)) * x.Max(MathF.Abs) * (1 + 1e-5);
        return x.Zip(back).All(pair => Math.Abs(pair.First - (double)pair.Second) <= bound) && x.Zip(back).All(pair => pair.First * pair.Second >= 0);
    }, iter: 500);

    [Fact]
    public unsafe void A_positive_block_comes_back_no_smaller_and_within_a_share() => _numbers.Sample(numbers =>
    {
        var x = numbers.Select(MathF.Abs).ToArray();
        var (q, back) = (new byte[x.Length], new float[x.Length]);
        fixed (float* source = x, target = back)
        fixed (byte* bytes = q) BlockQuantization.DecodePositive(bytes, BlockQuantization.EncodePositive(source, bytes, x.Length), target, x.Length);
        if (x.Max() < BlockQuantization.LeastScale) return back.All(value => value == 0);
        var bound = (2 / 255.0 + 1 / (255.0 * 255)) * x.Max() * (1 + 1e-5);
        return x.Zip(back).All(pair => pair.Second - (double)pair.First <= bound && pair.Second >= pair.First * (1 - 1e-5f));
    }, iter: 500);

    [Fact]
    public void AdamW_with_moments_of_8_bits_follows_AdamW()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var start = randn(61, 37, generator: generator);
        var (exact, coarse) = (start.clone().requires_grad_(), start.clone().requires_grad_());
        using var one = new Optimizer([new("w", exact, WeightDecay: true)], new AdamWOptions());
        using var two = new Optimizer([new("w", coarse, WeightDecay: true)], new AdamW8BitOptions());
        for (var step = 0; step < 100; step++)
        {
            var noise = randn(61, 37, generator: generator);
            exact.grad = (exact + 0.5 * noise).detach();
            coarse.grad = (coarse + 0.5 * noise).detach();
            one.Step(0.01);
            two.Step(0.01);
        }
        var moved = (exact - start).norm().item<float>();
        (coarse - exact).norm().item<float>().Should().BeLessThan(0.1f * moved, "8 bits cost little of the way");
        two.State().Where(s => s.Name.StartsWith("w.exp_avg", StringComparison.Ordinal)).Sum(s => s.Tensor.numel() * s.Tensor.element_size()).Should().BeLessThan(61 * 37 * 21 / 10);
    }
}
