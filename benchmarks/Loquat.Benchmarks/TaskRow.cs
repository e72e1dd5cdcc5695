using System.Diagnostics;
using System.Globalization;
using Loquat.Benchmarks.Peers;
using Loquat.Evaluation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Tasks;
using Microsoft.ML.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Benchmarks;

/// <summary>
/// HellaSwag's questions scored with a GPT-2 of 124 M parameters, against the loop that one writes with TorchSharp's modules: the choices of some questions in a batch, padded to the longest, all logits,
/// log-softmax, gather. Both score the same tokens; they take turns.
/// </summary>
internal static class TaskRow
{
    private const int Questions = 48;
    private const int Batch = 8; // questions of four choices at once, for the plain loop
    private const int Rounds = 3;

    public const string Name = "gpt2-124m, hellaswag";

    public static List<string> Measure()
    {
        var shape = GptShape.Gpt2Small;
        var tokenizer = TiktokenTokenizer.CreateForModel("gpt2");
        var task = TaskFile.Load("hellaswag");
        var documents = TaskData.Read(task.Data, [Path.Combine(TableCommand.SharedFolder(), "data")], "hellaswag").Take(Questions).Select(record => (IReadOnlyList<LikelihoodRequest>)[.. task.Choices[0].Texts(record).Select(choice =>
        {
            var (before, whole) = (tokenizer.EncodeToIds(task.Prompt!.Render(record)), tokenizer.EncodeToIds($"{task.Prompt.Render(record)} {choice}"));
            return new LikelihoodRequest(before, [.. whole.Skip(before.Count)]);
        })]).ToList();
        using var model = LoquatStep.Config(shape).Build<CausalModel>(new Placement(CPU, ScalarType.Float32), seed: 1);
        using var plain = new PlainGpt(shape);
        plain.eval();
        var (own, peer) = (double.MaxValue, double.MaxValue);
        Own(model, [.. documents.Take(2)]);
        Plain(plain, [.. documents.Take(2)]);
        for (var round = 0; round < Rounds; round++)
        {
            own = Math.Min(own, Own(model, documents));
            peer = Math.Min(peer, Plain(plain, documents));
        }
        string Line(string name, double seconds) => string.Create(CultureInfo.InvariantCulture, $"| {name} | {seconds:F1} | {Questions / seconds:F2} | {peer / seconds:F2} × |");
        return
        [
            $"### {Name}", "",
            "| contender | least seconds | questions/s | beside plain |", "|---|---|---|---|", Line("loquat", own), Line("plain, padded", peer), "",
            string.Create(CultureInfo.InvariantCulture, $"- {Questions} questions of four choices, {documents.Sum(d => d[0].Context.Count) / Questions} tokens of question and {documents.Sum(d => d.Sum(r => r.Continuation.Count)) / Questions / 4} of a choice on average; fp32"), "",
        ];
    }

    private static double Own(CausalModel model, IReadOnlyList<IReadOnlyList<LikelihoodRequest>> documents)
    {
        var watch = Stopwatch.StartNew();
        using var scorer = new CausalLikelihood(model, documents);
        foreach (var document in scorer.Order) scorer.Score(document);
        return watch.Elapsed.TotalSeconds;
    }

    private static double Plain(PlainGpt model, IReadOnlyList<IReadOnlyList<LikelihoodRequest>> documents)
    {
        var watch = Stopwatch.StartNew();
        foreach (var some in documents.Chunk(Batch))
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            var rows = some.SelectMany(d => d).Select(r => (Ids: (int[])[.. r.Context, .. r.Continuation], From: r.Context.Count)).ToList();
            var length = rows.Max(r => r.Ids.Length) - 1;
            var (inputs, labels) = (new long[rows.Count * length], new long[rows.Count * length]);
            foreach (var (row, (ids, from)) in rows.Index())
            {
                for (var i = 0; i + 1 < ids.Length; i++) (inputs[row * length + i], labels[row * length + i]) = (ids[i], i + 1 >= from ? ids[i + 1] : 0);
            }
            var logs = model.Logits(tensor(inputs, [rows.Count, length])).log_softmax(-1);                     // (B, T, V)
            var chosen = logs.gather(2, tensor(labels, [rows.Count, length, 1])).squeeze(2).cpu().data<float>().ToArray();
            foreach (var (row, (ids, from)) in rows.Index()) _ = Enumerable.Range(from - 1, ids.Length - from).Sum(i => chosen[row * length + i]);
        }
        return watch.Elapsed.TotalSeconds;
    }
}
