using Loquat.Evaluation;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Objectives;

/// <summary>
/// An objective of next tokens on text that is changed at random. Swapped and left-out tokens are so in what is read and in what is to be predicted; hidden ones in what is read alone. Models are scored
/// on the text as it is.
/// </summary>
internal sealed class AugmentedObjective(TextObjective inner, TextAugmentation augmentation, ulong seed) : TextObjective
{
    private const long Ignored = -100;

    public override int TextTokens => inner.TextTokens;

    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var length = TextTokens;
        var (read, labels, window) = (new long[text.Length], new long[text.Length], new long[length + 1]);
        for (var row = 0; row < text.Length / length; row++)
        {
            text.Slice(row * length, length).CopyTo(window);
            window[length] = next[row * length + length - 1];
            var (places, hidden) = augmentation.Draw(window, seed, place + row);
            for (var i = 0; i < length; i++)
            {
                // A row that lost tokens is filled up behind its end, where nothing is predicted and nothing before it looks.
                var there = i + 1 < places.Length;
                read[row * length + i] = !there ? window[places[^1]] : hidden[i] ? augmentation.Mask!.Value : window[places[i]];
                labels[row * length + i] = there ? window[places[i + 1]] : Ignored;
            }
        }
        return inner.Make(read, labels, place);
    }

    public override IEvaluator Evaluator(TokenShard shard, Tokenizer tokenizer) => inner.Evaluator(shard, tokenizer);

    public override void Begin(ObjectiveStart start) => inner.Begin(start);

    public override IEnumerable<string> Notes(TokenShard training, TokenShard validation) => inner.Notes(training, validation);
}
