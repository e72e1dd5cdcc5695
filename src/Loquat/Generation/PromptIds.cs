using Loquat.Models;
using Loquat.Text.Datasets;
using Loquat.Text.Tokenization;

namespace Loquat.Generation;

/// <summary>How texts begin for a model: what its tokenizer's post-processor puts around them.</summary>
public static class PromptIds
{
    /// <summary>The ids that a model continues.</summary>
    /// <param name="prompt">May be empty: the ids are then those that begin a text.</param>
    /// <returns>At least one id.</returns>
    public static List<int> Of(string prompt, Tokenizer tokenizer, ModelConfig config)
    {
        // What a file says of cutting and filling rows is for training, as in the reference.
        if (tokenizer.Components is not { Truncation: null, Padding: null }) tokenizer = tokenizer.With(null, null);
        List<int> ids = [.. tokenizer.Encode(prompt).Ids];
        if (ids.Count == 0 && (config.BosTokenId ?? TokenDataset.EndOfTextOf(tokenizer)) is { } begin) ids.Add(begin);
        // A tokenizer without special tokens has no beginning either: a new line is the nearest to one.
        if (ids.Count == 0) ids.AddRange(tokenizer.EncodeIds("\n"));
        return ids;
    }

    /// <summary>The tokens that the post-processor puts before every text; none where it puts none.</summary>
    public static IReadOnlyList<int> Beginning(Tokenizer tokenizer)
    {
        var encoding = tokenizer.Encode("a");
        return [.. encoding.Ids.TakeWhile((_, at) => encoding.SpecialTokensMask[at] == 1)];
    }
}
