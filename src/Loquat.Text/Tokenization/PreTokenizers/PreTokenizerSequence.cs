using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Json;

namespace Loquat.Text.Tokenization.PreTokenizers;

/// <summary>One after the other.</summary>
public sealed class PreTokenizerSequence(params IReadOnlyList<PreTokenizer> preTokenizers) : PreTokenizer
{
    public IReadOnlyList<PreTokenizer> PreTokenizers => preTokenizers;

    public override void PreTokenize(PreTokenizedText text)
    {
        foreach (var preTokenizer in preTokenizers) preTokenizer.PreTokenize(text);
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Sequence");
        JsonList.Write(json, "pretokenizers", preTokenizers, p => p.Write(json));
    }
}
