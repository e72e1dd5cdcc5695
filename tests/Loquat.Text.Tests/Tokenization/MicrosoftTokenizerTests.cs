using CsCheck;
using Loquat.Text.Tokenization;

namespace Loquat.Text.Tests.Tokenization;

public sealed class MicrosoftTokenizerTests
{
    private readonly Tokenizer _tokenizer = TokenizerTraining.Train(TokenizerKind.Bpe, ["the cat sat on the mat; the dog sat on the cat"], 270);

    [Fact]
    public void It_gives_the_ids_places_and_texts_of_the_tokenizer_it_adapts() =>
        Gen.String[Gen.Char["the catsé漢 "], 0, 40].Sample(text =>
        {
            Microsoft.ML.Tokenizers.Tokenizer adapted = new MicrosoftTokenizer(_tokenizer);
            var ids = _tokenizer.EncodeIds(text);
            adapted.EncodeToIds(text).Should().Equal(ids);
            adapted.CountTokens(text).Should().Be(ids.Count);
            adapted.Decode(ids).Should().Be(text);
            adapted.EncodeToTokens(text, out _).Select(t => t.Id).Should().Equal(ids);
        });

    [Fact]
    public void A_limit_of_tokens_tells_how_far_the_text_was_read()
    {
        var adapted = new MicrosoftTokenizer(_tokenizer);
        var ids = adapted.EncodeToIds("the cat sat", 2, out _, out var consumed);
        ids.Count.Should().Be(2);
        _tokenizer.Decode(ids).Length.Should().Be(consumed);
    }
}
