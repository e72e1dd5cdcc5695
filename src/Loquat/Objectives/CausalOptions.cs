using System.ComponentModel;
using Loquat.Evaluation;
using Loquat.Generation;
using Loquat.Models;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Objectives;

/// <summary>Each token from those before it.</summary>
public sealed record CausalOptions : ObjectiveOptions
{
    [Description("Whether attention stays within a document where a sequence holds several.")]
    public bool DocumentBounded { get; init; }

    public override string Type => "causal";

    public override bool TakesTeacher => true;

    public override IReadOnlyList<ModelKind> Trains => [ModelKind.Causal];

    public override ModelKind? Usual => ModelKind.Causal;

    public override bool Augments => true;

    public override IReadOnlyList<string> SpecialTokens => TokenMasking > 0 ? ["[MASK]"] : [];

    public override TextObjective Create(ObjectiveSetting setting) => new CausalObjective(setting.ContextLength, DocumentIds.End(DocumentBounded, setting));
}

/// <param name="length">Tokens in a sequence.</param>
/// <param name="end">The token that ends documents, where attention is not to cross it; null: it may.</param>
internal sealed class CausalObjective(int length, int? end) : TextObjective
{
    public override int TextTokens => length;

    public override TokenBatch Make(ReadOnlySpan<long> text, ReadOnlySpan<long> next, long place) =>
        new(text.Length / length, length) { InputIds = text.ToArray(), Labels = next.ToArray(), Documents = end is { } id ? DocumentIds.Of(text, length, id, predicts: true) : null };

    public override IEvaluator Evaluator(TokenShard shard, Tokenizer tokenizer) => OfText(shard, tokenizer, length);

    /// <summary>Scores a text whole, in rows that begin as prompts do.</summary>
    public static PerplexityEvaluator OfText(TokenShard shard, Tokenizer tokenizer, int length)
    {
        var rows = new EvaluationRows(index => shard[index], shard.DocumentEnds.ToArray(), length, TokenDataset.EndOfTextOf(tokenizer), PromptIds.Beginning(tokenizer));
        var header = shard.Header;
        return new PerplexityEvaluator(rows, header.TextBytes, double.IsNaN(header.TrueBits) ? null : header.TrueBits / header.TextBytes);
    }
}
