using System.Globalization;
using Loquat.Evaluation;
using Loquat.Models;
using Loquat.Models.Llama;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>The loss of what an assistant says.</summary>
internal sealed class ChatObjective(ChatObjectiveOptions options, ObjectiveSetting setting) : TextObjective
{
    private readonly int _length = setting.ContextLength;
    private readonly long _filler = setting.Roles.Pad ?? setting.Roles.End ?? 0;

    // Rows are filled up at their ends, which nothing before them sees; only a loss that counts all tokens alike has to know.
    private readonly bool _needsMask = setting.Model is LlamaConfig { Traits.Experts: true };

    public override int TextTokens => _length;

    /// <summary>Of running text: all of it is learned, as an answer.</summary>
    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place) => new(text.Length / _length, _length) { InputIds = text.ToArray(), Labels = next.ToArray() };

    public override ITrainingBatches Batches(TokenShard training, Func<int, ITokenBatches> sequences, int rows, ulong seed)
    {
        var shard = new ConversationShard(training, 1);
        var plan = PlanOf(shard, options.Packing, training);
        return new LengthBatches(Lengths(plan), rows, seed, chosen => Of(shard, [.. chosen.Select(row => plan.Rows[row])]));
    }

    /// <summary>Each conversation in a row of its own, however the model is trained.</summary>
    public override IEvaluator Evaluator(TokenShard shard, Tokenizer tokenizer)
    {
        var conversations = new ConversationShard(shard, 1);
        var plan = PlanOf(conversations, packing: false, shard);
        return new LengthEvaluator(this, Lengths(plan), chosen => Of(conversations, [.. chosen.Select(row => plan.Rows[row])]));
    }

    public override long? Examples(TokenShard training) => PlanOf(new ConversationShard(training, 1), options.Packing, training).Rows.Count;

    public override IEnumerable<string> Notes(TokenShard training, TokenShard validation)
    {
        foreach (var (name, shard) in ((string, TokenShard)[])[("learn from", training), ("validate with", validation)])
            if (Note(name, PlanOf(new ConversationShard(shard, 1), options.Packing, shard)) is { } note) yield return note;
    }

    public override double LossAndGradients(Model model, TokenBatch batch, double scale)
    {
        using var scope = NewDisposeScope();
        return model.LossAndGradients(Tensors(model, batch) with { LossOptions = LossOptions, Teacher = Teacher }, scale);
    }

    public override double Loss(Model model, TokenBatch batch, double[] losses)
    {
        using var scope = NewDisposeScope();
        return model.Loss(Tensors(model, batch), losses);
    }

    private ModelBatch Tensors(Model model, TokenBatch batch)
    {
        var tensors = batch.ToTensors(model.Placement.Device);
        return _needsMask ? tensors : tensors with { AttentionMask = null };
    }

    private ConversationPlan PlanOf(ConversationShard shard, bool packing, TokenShard file)
    {
        var plan = new ConversationPlan(shard, _length, options.TruncationMode, packing);
        return plan.Kept > 0 ? plan : throw new DataException($"{file.Path}: none of its {plan.Count} conversations has an answer inside the {_length} tokens of training.context_length. Raise it, or set objective.truncation_mode to keep_end.");
    }

    private string? Note(string name, ConversationPlan plan)
    {
        if (plan.Longer == 0 && plan.WithoutAnswer == 0) return null;
        var how = options.TruncationMode switch { TruncationMode.KeepEnd => "their beginnings are cut off", TruncationMode.Drop => "they are left out", _ => "their ends are cut off" };
        return string.Create(CultureInfo.InvariantCulture, $"of {plan.Count:N0} conversations to {name}, {plan.Longer:N0} are longer than the {_length} tokens of a row: {how} (objective.truncation_mode); {plan.WithoutAnswer:N0} have no answer inside and are left out");
    }

    private static List<(long, long)> Lengths(ConversationPlan plan) => [.. plan.Rows.Select(row => (row.Sum(part => (long)part.Length), 0L))];

    /// <summary>Rows that are as long as the longest of them.</summary>
    internal TokenBatch Of(ConversationShard shard, IReadOnlyList<ConversationPart[]> rows)
    {
        var length = rows.Max(row => row.Sum(part => part.Length));
        var packed = options.Packing && rows.Any(row => row.Length > 1);
        var (ids, labels, mask) = (new long[rows.Count * length], new long[rows.Count * length], new long[rows.Count * length]);
        var (documents, positions) = packed ? (new long[ids.Length], new long[ids.Length]) : (null, null);
        Array.Fill(ids, _filler);
        Array.Fill(labels, ModelBatch.Ignored);
        for (var row = 0; row < rows.Count; row++)
        {
            var at = row * length;
            foreach (var (document, part) in rows[row].Index())
            {
                var (tokens, learned) = (shard.Ids(part.Item, 0, part.Start, part.Length), shard.Learned(part.Item, 0, part.Start, part.Length));
                for (var t = 0; t < tokens.Length; t++, at++)
                {
                    (ids[at], mask[at]) = (tokens[t], 1);
                    if (t + 1 < tokens.Length && learned[t + 1] == 1) labels[at] = tokens[t + 1];
                    if (packed) (documents![at], positions![at]) = (document, t);
                }
            }
            if (!packed) continue;
            // What fills up is a document of its own.
            for (var t = 0; at < (row + 1) * length; t++, at++) (documents![at], positions![at]) = (rows[row].Length, t);
        }
        return new(rows.Count, length) { InputIds = ids, Labels = labels, AttentionMask = mask.Contains(0) ? mask : null, Documents = documents, Positions = positions };
    }
}
