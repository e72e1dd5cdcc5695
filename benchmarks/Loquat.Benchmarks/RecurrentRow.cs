using System.Diagnostics;
using System.Globalization;
using Loquat.Benchmarks.Peers;
using Loquat.Layers;
using Loquat.Layers.Recurrent;
using Loquat.Models;
using Loquat.Models.Mamba;
using Loquat.Models.Recurrent;
using Loquat.Optimization;
using Loquat.Optimization.Rules;
using static TorchSharp.torch;

namespace Loquat.Benchmarks;

/// <summary>Training steps of recurrent language models against libtorch's own layers, and of Mamba against its recurrence written out. Contenders take turns in one process; forward, backward, AdamW, and of Loquat clipping too.</summary>
internal static class RecurrentRow
{
    public const string Name = "recurrent language models, a step", ScanName = "Mamba, a step";

    private static readonly (string Kind, RecurrentCell Cell)[] _kinds = [("lstm", RecurrentCell.Lstm), ("gru", RecurrentCell.Gru), ("rnn", RecurrentCell.RnnTanh)];

    public static List<string> Measure() => Measure(Name, 8192, 32, 64, rounds: 8, [.. _kinds.Select(k => new Contest(
        k.Kind, new RecurrentConfig { Cell = k.Cell, VocabSize = 8192, HiddenSize = 512, NumLayers = 2 }, () => Of(new PlainRecurrent(k.Kind, 8192, 512, 2))))]);

    public static List<string> MeasureScan()
    {
        var config = new MambaConfig { VocabSize = 256, HiddenSize = 256, NumHiddenLayers = 4, InitializerRange = 0.02 };
        return Measure(ScanName, 256, 8, 256, rounds: 6, [new("mamba", config, () => Of(new PlainMamba(config)))]);
    }

    private sealed record Contest(string Kind, ModelConfig Config, Func<Peer> Start);

    private sealed record Peer(Action<Tensor, Tensor> Step, IDisposable Model);

    private static Peer Of(PlainRecurrent model) => new(model.Step, model);

    private static Peer Of(PlainMamba model) => new(model.Step, model);

    private static List<string> Measure(string name, int vocabulary, int batch, int tokens, int rounds, List<Contest> rows)
    {
        List<string> lines = [$"### {name}", "", "| model | loquat, least ms | plain, least ms | times faster |", "|---|---|---|---|"];
        foreach (var (kind, config, start) in rows)
        {
            Console.Error.WriteLine($"{name}: {kind}");
            manual_seed(1);
            using var model = config.Build<CausalModel>(Placement.Cpu, seed: 1);
            using var optimizer = new Optimizer(model.Parameters.Select(p => new OptimizerParameter(p.Name, p.Value, OptimizerParameter.Decays(p.Value))), new AdamWOptions());
            var peer = start();
            using var owner = peer.Model;
            var (own, plain) = (double.MaxValue, double.MaxValue);
            for (var round = 0; round <= rounds; round++)
            {
                using var scope = NewDisposeScope();
                var (ids, labels) = (randint(vocabulary, [batch, tokens], ScalarType.Int64), randint(vocabulary, [batch, tokens], ScalarType.Int64));
                var watch = Stopwatch.StartNew();
                model.LossAndGradients(ids, labels, 1.0 / (batch * tokens), new ForwardContext { Training = true });
                optimizer.Step(1e-4, GradientClipping.Factor(optimizer.GradientNorm(), 1));
                optimizer.ZeroGrad();
                var first = watch.Elapsed.TotalMilliseconds;
                watch.Restart();
                peer.Step(ids, labels);
                if (round > 0) (own, plain) = (Math.Min(own, first), Math.Min(plain, watch.Elapsed.TotalMilliseconds));
            }
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"| {kind} | {own:F1} | {plain:F1} | {plain / own:F2} |"));
        }
        lines.AddRange(["", string.Create(CultureInfo.InvariantCulture, $"- {batch} × {tokens} tokens of {vocabulary}; {rounds} rounds after one unmeasured"), ""]);
        return lines;
    }
}
