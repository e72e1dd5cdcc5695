using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Models;

/// <summary>How many tokens a tokenizer has, and which of them are special: what a model that begins anew takes from it.</summary>
/// <param name="Count">Tokens in all.</param>
/// <param name="End">Ends a document, and stands before each.</param>
public sealed record TokenRoles(int Count, int? End)
{
    private static readonly string[] _mask = ["[MASK]", "<mask>"], _pad = ["[PAD]", "<pad>", "<|pad|>"], _class = ["[CLS]", "<s>"], _separator = ["[SEP]", "</s>"];

    /// <summary>Stands for a token that is to be found.</summary>
    public int? Mask { get; init; }

    /// <summary>Fills up short rows; null: any does, as it is masked out.</summary>
    public int? Pad { get; init; }

    /// <summary>Begins a text that is read whole.</summary>
    public int? Class { get; init; }

    /// <summary>Ends a text that is read whole.</summary>
    public int? Separator { get; init; }

    /// <summary>By the names in use.</summary>
    public static TokenRoles Of(Tokenizer tokenizer)
    {
        return new(tokenizer.VocabSize, TokenDataset.EndOfTextOf(tokenizer)) { Mask = Find(_mask), Pad = Find(_pad), Class = Find(_class), Separator = Find(_separator) };

        int? Find(string[] names) => names.Where(tokenizer.SpecialTokens.Contains).Select(tokenizer.TokenToId).FirstOrDefault(id => id is not null);
    }
}
