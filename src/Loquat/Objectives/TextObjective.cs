using Loquat.Evaluation;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Objectives;

/// <summary>
/// An objective that is learned from running text: what a batch is made of, beside its loss. What is made of a sequence is a function of its tokens, the seed and its place in the run alone,
/// so that a run that was stopped goes on as if it never was.
/// </summary>
public abstract class TextObjective : Objective
{
    /// <summary>Tokens of text that one sequence is made of.</summary>
    public abstract int TextTokens { get; }

    /// <summary>Makes a batch.</summary>
    /// <param name="text">Sequences of <see cref="TextTokens"/> tokens, one after the other.</param>
    /// <param name="next">As long: the token after each.</param>
    /// <param name="place">The number of the first sequence since the start of the run.</param>
    public abstract TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place);

    /// <summary>The batches of training, in an order that depends on the seed and their cursor alone. Default: sequences of <see cref="TextTokens"/>.</summary>
    /// <param name="sequences">Draws sequences of so many tokens as the recipe says.</param>
    /// <param name="rows">Sequences in a batch.</param>
    public virtual ITrainingBatches Batches(TokenShard training, Func<int, ITokenBatches> sequences, int rows, ulong seed) => new TextBatches(this, sequences(TextTokens));

    /// <summary>How a model is scored on a text during training. Default: the objective's own loss on sequences that do not overlap, always the same.</summary>
    public virtual IEvaluator Evaluator(TokenShard shard, Tokenizer tokenizer) => new ObjectiveEvaluator(this, shard);

    /// <summary>Takes what it needs of the model as it was before the first step; called before training, and when a run goes on. Default: nothing.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public virtual void Begin(ObjectiveStart start)
    {
    }

    /// <summary>Examples that an epoch visits once each; null: text has none.</summary>
    public virtual long? Examples(TokenShard training) => null;

    /// <summary>What a person should know of the data before anything is trained, a line each. Default: nothing.</summary>
    public virtual IEnumerable<string> Notes(TokenShard training, TokenShard validation) => [];
}
