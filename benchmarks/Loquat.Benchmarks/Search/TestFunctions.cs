using System.Globalization;
using Loquat.Sweeps.Spaces;

namespace Loquat.Benchmarks.Search;

/// <summary>A function whose least value is known.</summary>
/// <param name="Name">As `peers/optuna_search.py` knows it.</param>
internal sealed record TestFunction(string Name, SearchSpace Space, Func<Configuration, double> Loss, double Least);

/// <summary>Those that samplers are usually compared on, and one whose parameters depend on each other.</summary>
internal static class TestFunctions
{
    public static TestFunction Branin { get; } = new("branin", new([new RealParameter("x", -5, 10), new RealParameter("y", 0, 15)]), c => BraninOf(Number(c, "x"), Number(c, "y")), 0.39788735772973816);

    public static TestFunction Hartmann { get; } = new("hartmann-6", Cube(6, 0, 1), c => HartmannOf(Numbers(c, 6)), -3.32236801141551);

    public static TestFunction Conditional { get; } = new("conditional",
        new([new ChoiceParameter("kind", ["a", "b", "c"]), new RealParameter("rate", 1e-5, 1) { IsLogarithmic = true }, new RealParameter("extra", 0, 1) { When = new("kind", ["b"]) }, new IntegerParameter("size", 1, 64) { IsLogarithmic = true }]),
        c => Math.Pow(Math.Log10(Number(c, "rate")) + 2.5, 2) + (c["kind"] == "b" ? 3 * Math.Pow(Number(c, "extra") - 0.7, 2) : c["kind"] == "a" ? 1 : 0.5) + 0.2 * Math.Pow(Math.Log2(Number(c, "size")) - 4, 2), 0);

    public static IReadOnlyList<TestFunction> All { get; } = [Branin, Hartmann, Rosenbrock(10), Conditional];

    public static TestFunction Rosenbrock(int dimensions) => new($"rosenbrock-{dimensions}", Cube(dimensions, -2, 2), c => RosenbrockOf(Numbers(c, dimensions)), 0);

    private static SearchSpace Cube(int dimensions, double low, double high) => new([.. Enumerable.Range(0, dimensions).Select(i => new RealParameter($"x{i}", low, high))]);

    private static double Number(Configuration configuration, string name) => double.Parse(configuration[name], CultureInfo.InvariantCulture);

    private static double[] Numbers(Configuration configuration, int count) => [.. Enumerable.Range(0, count).Select(i => Number(configuration, $"x{i}"))];

    private static double BraninOf(double x, double y) => Math.Pow(y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6, 2) + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10;

    private static double RosenbrockOf(double[] x) => Enumerable.Range(0, x.Length - 1).Sum(i => 100 * Math.Pow(x[i + 1] - x[i] * x[i], 2) + Math.Pow(1 - x[i], 2));

    // Dixon and Szegö 1978.
    private static double HartmannOf(double[] x)
    {
        double[] alpha = [1, 1.2, 3, 3.2];
        double[][] a = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]];
        double[][] p = [[0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991], [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381]];
        return -Enumerable.Range(0, 4).Sum(i => alpha[i] * Math.Exp(-Enumerable.Range(0, 6).Sum(j => a[i][j] * Math.Pow(x[j] - p[i][j], 2))));
    }
}
