using Loquat.Evaluation;
using Loquat.Models;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Objectives;

/// <summary>One text is written from another: translation, summaries (Sutskever et al. 2014; Bahdanau et al. 2015). The decoder reads its start token and what was to be written so far.</summary>
public sealed record SequenceToSequenceOptions : ObjectiveOptions
{
    public override string Type => "sequence_to_sequence";

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.EncoderDecoder];

    public override IReadOnlyList<string> SpecialTokens => ["<pad>", "</s>"];

    public override bool ReadsPairs => true;

    public override TextObjective Create(ObjectiveSetting setting) => new SequenceToSequenceObjective(setting);
}

internal sealed class SequenceToSequenceObjective : TextObjective
{
    private readonly int _length;
    private readonly long _end, _start, _filler;
    private readonly int? _endOfText;

    public SequenceToSequenceObjective(ObjectiveSetting setting)
    {
        var roles = setting.Roles;
        _length = setting.ContextLength;
        if (_length < 4) throw new OptionsException($"training.context_length is {_length}; sequence_to_sequence needs 4 or more.");
        _end = roles.Separator ?? roles.End ?? setting.Special("</s>", "which ends a text");
        (_start, _endOfText) = (setting.DecoderStart, TokenDataset.EndOfTextOf(setting.Tokenizer));
        _filler = roles.Pad ?? _end;
    }

    public override int TextTokens => 2 * (_length - 1);

    /// <summary>Of text without pairs: its second half from its first.</summary>
    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place)
    {
        var pairs = new List<(long[], long[])>();
        for (var row = 0; row < text.Length / TextTokens; row++)
        {
            var tokens = text.Slice(row * TextTokens, TextTokens);
            pairs.Add((tokens[..(TextTokens / 2)].ToArray(), tokens[(TextTokens / 2)..].ToArray()));
        }
        return Of(pairs);
    }

    public override ITrainingBatches Batches(TokenShard training, Func<int, ITokenBatches> sequences, int rows, ulong seed)
    {
        var pairs = new PairShard(training, _endOfText);
        return new LengthBatches(pairs.Lengths, rows, seed, chosen => Of(pairs, chosen));
    }

    public override IEvaluator Evaluator(TokenShard shard, Tokenizer tokenizer)
    {
        var pairs = new PairShard(shard, _endOfText);
        return new LengthEvaluator(this, pairs.Lengths, chosen => Of(pairs, chosen));
    }

    private TokenBatch Of(PairShard pairs, IReadOnlyList<int> chosen) => Of([.. chosen.Select(pair => pairs[pair])]);

    /// <summary>Rows that are as long as the longest of them; texts longer than the context are cut.</summary>
    private TokenBatch Of(IReadOnlyList<(long[] Source, long[] Target)> pairs) => DecoderRows.Batch([.. pairs.Select(pair => (Ended(pair.Source), Ended(pair.Target)))], _start, _filler);

    private List<long> Ended(long[] tokens) => [.. tokens.AsSpan(0, Math.Min(tokens.Length, _length - 1)), _end];
}
