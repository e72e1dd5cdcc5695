using System.Globalization;
using Loquat.Evaluation;
using Loquat.Losses;
using Loquat.Models;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Objectives;

/// <summary>Answers drawn, judged and learned from. What is told as the loss of a step is the share of answers that are wrong.</summary>
internal sealed class GrpoObjective(GrpoOptions options, ObjectiveSetting setting) : TextObjective
{
    // Q questions, G answers to each, N = Q · G rows, T tokens

    private const double LargestRatio = 5;

    private readonly int _length = setting.ContextLength;
    private readonly long _filler = setting.Roles.Pad ?? setting.Roles.End ?? 0;

    public override int TextTokens => _length;

    /// <summary>Of running text, which asks nothing: it is learned as it comes.</summary>
    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place) => new(text.Length / _length, _length) { InputIds = text.ToArray(), Labels = next.ToArray() };

    public override double Weight(TokenBatch batch) => batch.Expected is null ? batch.Counted : batch.Rows;

    public override ITrainingBatches Batches(TokenShard training, Func<int, ITokenBatches> sequences, int rows, ulong seed)
    {
        var questions = QuestionsOf(training);
        return new LengthBatches(questions.Lengths, rows, seed, chosen => questions.Batch(chosen, _filler));
    }

    public override IEvaluator Evaluator(TokenShard shard, Tokenizer tokenizer) => new RewardEvaluator(QuestionsOf(shard), (model, prompt, expected) => Reward(Answers.Draw(model, prompt, 1, options.MaxCompletionLength, greedy: true)[0], expected));

    public override long? Examples(TokenShard training) => QuestionsOf(training).Count;

    public override IEnumerable<string> Notes(TokenShard training, TokenShard validation)
    {
        foreach (var (name, shard) in ((string, TokenShard)[])[("learn from", training), ("validate with", validation)])
            if (QuestionsOf(shard) is { Longer: > 0 } questions)
                yield return string.Create(CultureInfo.InvariantCulture, $"{questions.Longer:N0} questions to {name} leave no room for {options.MaxCompletionLength} tokens of an answer in the {_length} of training.context_length, and are left out");
    }

    public override double LossAndGradients(Model model, TokenBatch batch, double scale)
    {
        if (batch.Expected is not { } expected) return base.LossAndGradients(model, batch, scale);
        var causal = (CausalModel)model;
        List<(long[] Prompt, long[] Answer)> rows = [];
        List<double> rewards = [];
        for (var question = 0; question < batch.Rows; question++)
        {
            long[] prompt = [.. Enumerable.Range(question * batch.Length, batch.Length).Where(t => batch.AttentionMask?[t] != 0).Select(t => batch.InputIds[t])];
            // The loop has seeded what is drawn by the step: what is drawn is the same whenever the run comes here.
            foreach (var answer in Answers.Draw(causal, prompt, options.NumGenerations, options.MaxCompletionLength, greedy: false))
            {
                rows.Add((prompt, answer));
                rewards.Add(Reward(answer, expected[question]));
            }
        }
        Learn(causal, rows, Advantages.OfGroups(rewards, options.NumGenerations, options.ScaleRewards), batch.Rows, scale);
        return batch.Rows * (1 - rewards.Average());
    }

    private void Learn(CausalModel model, List<(long[] Prompt, long[] Answer)> rows, double[] advantages, int questions, double scale)
    {
        using var scope = NewDisposeScope();
        var length = rows.Max(row => row.Prompt.Length + row.Answer.Length) - 1;
        var (ids, labels) = (new long[rows.Count * length], new long[rows.Count * length]);
        Array.Fill(ids, _filler);
        Array.Fill(labels, ModelBatch.Ignored);
        for (var row = 0; row < rows.Count; row++)
        {
            long[] all = [.. rows[row].Prompt, .. rows[row].Answer];
            all.AsSpan(0, all.Length - 1).CopyTo(ids.AsSpan(row * length));
            rows[row].Answer.CopyTo(labels.AsSpan(row * length + rows[row].Prompt.Length - 1));
        }
        var shape = new long[] { rows.Count, length };
        model.WeighedGradients(new() { InputIds = tensor(ids, shape, device: model.Placement.Device), Labels = tensor(labels, shape, device: model.Placement.Device) }, losses =>
        {
            using var inner = NewDisposeScope();
            using var grad = enable_grad();
            var leaf = tensor(losses, shape).neg().requires_grad_(true);                        // (N, T) log-probabilities
            var mask = tensor(labels, shape).ge(0);
            var loss = PolicyGradientLoss.Group(leaf, leaf.detach(), null, tensor(advantages), mask, new()
            {
                Form = options.LossType,
                EpsilonHigh = options.LossType == PolicyGradientForm.Cispo ? LargestRatio : 0.2,
                MaxCompletionLength = options.MaxCompletionLength,
            });
            (loss * questions * scale).backward();
            return [.. leaf.grad!.reshape(-1).data<double>().Select(g => (float)-g)];
        });
    }

    private double Reward(long[] answer, string expected) => VerifiableRewards.Of(options.Reward, setting.Tokenizer.Decode(answer.Select(id => (int)id)), expected);

    private GrpoQuestions QuestionsOf(TokenShard shard) => new(shard, _length - options.MaxCompletionLength, setting.Tokenizer);
}
