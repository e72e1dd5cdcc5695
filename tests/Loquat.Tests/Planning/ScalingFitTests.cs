using Loquat.Planning;
using Loquat.Tests.Optimization;
using static TorchSharp.torch;

namespace Loquat.Tests.Planning;

public sealed class ScalingFitTests
{
    [Fact]
    public void A_power_law_equals_the_reference()
    {
        using var fixture = new Fixture("scaling");
        var expected = fixture.Case("fit_power_law");
        var (coefficient, exponent) = ScalingFit.PowerLaw(Values(fixture, "fit_power_law/x"), Values(fixture, "fit_power_law/y"));
        var tolerance = expected.GetProperty("tolerance").GetDouble();
        coefficient.Should().BeApproximately(expected.GetProperty("coefficient").GetDouble(), tolerance * coefficient);
        exponent.Should().BeApproximately(expected.GetProperty("exponent").GetDouble(), tolerance);
    }

    [Fact]
    public void A_Chinchilla_law_is_as_good_as_the_reference()
    {
        using var fixture = new Fixture("scaling");
        var expected = fixture.Case("fit_chinchilla");
        double[] n = Values(fixture, "fit_chinchilla/N"), d = Values(fixture, "fit_chinchilla/D"), loss = Values(fixture, "fit_chinchilla/loss");
        var (law, objective) = ScalingFit.Chinchilla([.. n.Select((p, i) => (p, d[i], loss[i]))], expected.GetProperty("huber_delta").GetDouble());
        objective.Should().BeLessThanOrEqualTo(1.001 * expected.GetProperty("objective").GetDouble());
        var (fitted, tolerance) = (expected.GetProperty("fitted"), expected.GetProperty("tolerance"));
        foreach (var (name, value) in new[] { ("E", law.E), ("alpha", law.Alpha), ("beta", law.Beta) })
            value.Should().BeApproximately(fitted.GetProperty(name).GetDouble(), tolerance.GetProperty(name).GetDouble(), name);
        foreach (var (name, value) in new[] { ("A", law.A), ("B", law.B) })
            Math.Log(value).Should().BeApproximately(Math.Log(fitted.GetProperty(name).GetDouble()), tolerance.GetProperty("log_" + name).GetDouble(), name);
    }

    [Fact]
    public void An_exact_law_is_found_again()
    {
        var law = new ScalingLaw(1.5, 300, 500, 0.3, 0.35);
        var runs = from n in new[] { 1e6, 1e7, 1e8 } from d in new[] { 1e7, 1e8, 1e9 } select (n, d, law.Loss(n, d));
        var (fitted, _) = ScalingFit.Chinchilla([.. runs]);
        fitted.E.Should().BeApproximately(1.5, 1e-3);
        fitted.Alpha.Should().BeApproximately(0.3, 1e-3);
    }

    [Fact]
    public void Too_few_points_are_refused()
    {
        var power = () => ScalingFit.PowerLaw([1], [1]);
        power.Should().Throw<ArgumentException>();
        var law = () => ScalingFit.Chinchilla([(1, 1, 1)]);
        law.Should().Throw<ArgumentException>();
    }

    private static double[] Values(Fixture fixture, string name)
    {
        using var tensor = fixture.Tensor(name).to(ScalarType.Float64);
        return tensor.data<double>().ToArray();
    }
}
