using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Json;

namespace Loquat.Text.Tokenization.PostProcessors;

/// <summary>One after the other.</summary>
public sealed class PostProcessorSequence(params IReadOnlyList<PostProcessor> processors) : PostProcessor
{
    public override int AddedTokens(bool pair) => processors.Sum(p => p.AddedTokens(pair));

    internal override List<TokenRows> Process(List<TokenRows> encodings, bool addSpecialTokens)
    {
        foreach (var processor in processors) encodings = processor.Process(encodings, addSpecialTokens);
        return encodings;
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString("type", "Sequence");
        JsonList.Write(json, nameof(processors), processors, p => p.Write(json));
    }
}
