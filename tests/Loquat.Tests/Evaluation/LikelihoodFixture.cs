using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tasks;
using Loquat.Text.Tokenization;

namespace Loquat.Tests.Evaluation;

/// <summary>The small model of fixtures/metrics, in float64 as the reference ran it or in float32, and files of that folder.</summary>
internal sealed class LikelihoodFixture : IDisposable
{
    public LikelihoodFixture(Placement placement)
    {
        Folder = SharedFolder.Require("fixtures", "metrics", "language_model");
        Model = ModelFolder.Load<CausalModel>(Folder, placement);
        Tasks = new CausalTaskModel(Model, Tokenizer.Load(Folder), "fixture", "");
    }

    public string Folder { get; }

    public CausalModel Model { get; }

    public CausalTaskModel Tasks { get; }

    public static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllBytes(SharedFolder.Require("fixtures", "metrics", file))).RootElement;

    public IReadOnlyList<LikelihoodScore> Score(IEnumerable<LikelihoodRequest> requests)
    {
        using var scorer = new CausalLikelihood(Model, [.. requests.Select(r => (IReadOnlyList<LikelihoodRequest>)[r])]);
        return [.. Enumerable.Range(0, scorer.Order.Count).Select(i => scorer.Score(i)[0])];
    }

    public static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(i => i.GetInt32())];

    public static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(i => i.GetDouble())];

    public static void ShouldBeNear(double value, double expected, string what, double tolerance = 1e-9) => value.Should().BeApproximately(expected, tolerance * Math.Max(1, Math.Abs(expected)), what);

    public void Dispose() => Model.Dispose();
}
