using Loquat.Layers;
using static TorchSharp.torch;

namespace Loquat.Tests.Layers;

public sealed class RandomnessTests
{
    [Fact]
    public void A_step_drawn_again_is_the_same_whatever_other_threads_draw()
    {
        using var scope = NewDisposeScope();
        var x = ones(64, 64);
        float[] Draw(long seed, Action between)
        {
            using var draws = Randomness.From(seed);
            var first = Dropout.Apply(x, 0.3, training: true).data<float>().ToArray();
            between();
            return [.. first, .. Dropout.Apply(x, 0.3, training: true).data<float>().ToArray()];
        }
        var quiet = Draw(5, () => { });
        Draw(5, () =>
        {
            var other = new Thread(() => { using var inner = NewDisposeScope(); Draw(9, () => { }); rand(100); });
            other.Start();
            other.Join();
        }).Should().Equal(quiet);
        Draw(6, () => { }).Should().NotEqual(quiet);
        ((double)quiet.Average()).Should().BeApproximately(1, 0.03);
        quiet.Distinct().Should().BeEquivalentTo([0, 1 / 0.7f]);
    }

    [Fact]
    public void Beside_scopes_torchs_generator_draws()
    {
        using var scope = NewDisposeScope();
        using (Randomness.From(1)) Dropout.Apply(ones(3), 0.5, training: true);
        Randomness.For(CPU).Should().BeNull();
    }
}
