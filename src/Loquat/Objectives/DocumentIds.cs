namespace Loquat.Objectives;

/// <summary>Which document each token of a packed row belongs to, told by the token that ends documents.</summary>
internal static class DocumentIds
{
    /// <param name="ids">Rows of <paramref name="length"/> tokens.</param>
    /// <param name="end">The token that ends documents.</param>
    /// <param name="predicts">Whether each token predicts the next: then the one that ends a document begins the next, whose first token it predicts; the label that it is itself is the last one's.</param>
    public static long[] Of(ReadOnlySpan<long> ids, int length, long end, bool predicts)
    {
        var documents = new long[ids.Length];
        for (var i = 1; i < ids.Length; i++) documents[i] = i % length == 0 ? 0 : documents[i - 1] + (ids[predicts ? i : i - 1] == end ? 1 : 0);
        return documents;
    }

    /// <summary>The token that ends documents, where attention is not to cross it.</summary>
    /// <exception cref="OptionsException">The tokenizer has none.</exception>
    public static int? End(bool bounded, ObjectiveSetting setting) => !bounded ? null : setting.Roles.End
        ?? throw new OptionsException("objective.document_bounded: the tokenizer has no token that ends documents, so they cannot be told apart.");
}
