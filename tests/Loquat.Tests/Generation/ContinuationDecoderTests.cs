using Loquat.Generation;
using Loquat.Text.Tokenization;

namespace Loquat.Tests.Generation;

/// <summary>The text of a continuation is what decoding all tokens gives less what decoding the prompt gives, however it arrives: for every tokenizer of the fixtures.</summary>
public sealed class ContinuationDecoderTests
{
    private const string File = "tokenizer.json";

    public static TheoryData<string?> Tokenizers => [.. SharedFolder.FoldersWith(File, "fixtures", "tokenizers")];

    [Theory, MemberData(nameof(Tokenizers))]
    public void It_is_the_difference_of_two_decodings(string? name)
    {
        var tokenizer = Tokenizer.Load(SharedFolder.Require("fixtures", "tokenizers", name ?? "any", File));
        foreach (var (prompt, rest) in (IEnumerable<(string, string)>)[("the cat", " sat on the mat."), ("", "Once upon a time"), ("Ein", "e Straße – ganz für sich"), ("I don", "'t know !"), ("a ", " b"), ("日本", "語 🙂")])
        {
            var promptIds = tokenizer.Encode(prompt).Ids;
            var random = new Random(5);
            foreach (var ids in (IEnumerable<int>[])[tokenizer.EncodeIds(rest), Enumerable.Range(0, 40).Select(_ => random.Next(tokenizer.VocabSize))])
            {
                List<int> added = [.. ids];
                var (all, before) = (tokenizer.Decode([.. promptIds, .. added]), tokenizer.Decode(promptIds));
                var decoder = new ContinuationDecoder(tokenizer, promptIds);
                var text = string.Concat(added.Select(decoder.Append)) + decoder.Flush();
                text.Should().Be(all[all.AsSpan().CommonPrefixLength(before)..], $"{prompt} + {string.Join(' ', added)}");
            }
        }
    }

    [Theory, MemberData(nameof(Tokenizers))]
    public void A_space_between_prompt_and_continuation_is_kept(string? name)
    {
        var tokenizer = Tokenizer.Load(SharedFolder.Require("fixtures", "tokenizers", name ?? "any", File));
        var prompt = tokenizer.EncodeIds("the cat");
        var added = tokenizer.EncodeIds("the cat the")[prompt.Count..];
        if (!tokenizer.Decode([.. prompt, .. added]).StartsWith(tokenizer.Decode(prompt) + " ", StringComparison.Ordinal)) return;   // one without spaces
        var decoder = new ContinuationDecoder(tokenizer, prompt);
        (string.Concat(added.Select(decoder.Append)) + decoder.Flush()).Should().Be(" the");
    }
}
