using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.PostProcessors;

/// <summary>Puts a model's special tokens around encodings. Immutable and thread-safe.</summary>
public abstract class PostProcessor
{
    /// <summary>How many tokens are added to one text, or to a pair.</summary>
    public abstract int AddedTokens(bool pair);

    /// <summary>Processes the encodings of one text or two; the results are joined in order.</summary>
    internal abstract List<TokenRows> Process(List<TokenRows> encodings, bool addSpecialTokens);

    /// <summary>Writes the fields of the object that `tokenizer.json` has for it.</summary>
    internal abstract void Write(Utf8JsonWriter json);

    private protected static TokenRows Special(int id, string token, int typeId)
    {
        var encoding = new TokenRows(null);
        encoding.Add(id, token, default, typeId, special: true, null, null);
        return encoding;
    }

    private protected static TokenRows Joined(params TokenRows[] parts)
    {
        var joined = new TokenRows(null);
        foreach (var part in parts) joined.Append(part);
        return joined;
    }
}
