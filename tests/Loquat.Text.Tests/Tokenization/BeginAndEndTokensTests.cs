using Loquat.Tests;
using Loquat.Text.Tokenization;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>`add_bos_token` and `add_eos_token` of a folder's tokenizer_config.json decide what is put around a text; without them its own post-processor does.</summary>
public sealed class BeginAndEndTokensTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public BeginAndEndTokensTests() =>
        TokenizerTraining.Train(TokenizerKind.BpeMetaspace, ["the cat sat on the mat and the cat sat"], 280).Save(_folder.File("tokenizer.json"));

    [Theory]
    [InlineData("{}", new int[0])]
    [InlineData("""{"add_bos_token":true,"bos_token":"<s>"}""", new[] { 1 })]
    [InlineData("""{"add_bos_token":true,"add_eos_token":true,"bos_token":"<s>","eos_token":{"content":"</s>"}}""", new[] { 1, 2 })]
    [InlineData("""{"add_bos_token":false,"add_eos_token":true,"bos_token":"<s>","eos_token":"</s>"}""", new[] { 2 })]
    [InlineData("""{"add_bos_token":false,"bos_token":null}""", new int[0])]
    public void Tokens_are_put_as_the_folder_says(string config, int[] around)
    {
        File.WriteAllText(_folder.File("tokenizer_config.json"), config);
        var tokenizer = Tokenizer.Load(_folder.Path);
        tokenizer.Encode("").Ids.Should().Equal(around);
        tokenizer.Encode("the cat", addSpecialTokens: false).Ids.Should().Equal(tokenizer.EncodeIds("the cat"));
        // What is saved says so itself.
        tokenizer.Save(_folder.File("saved.json"));
        Tokenizer.Load(_folder.File("saved.json")).Encode("the cat").Ids.Should().Equal(tokenizer.Encode("the cat").Ids);
    }

    [Fact]
    public void A_folder_can_take_the_token_away_that_its_tokenizer_puts()
    {
        File.WriteAllText(_folder.File("tokenizer_config.json"), """{"add_bos_token":true,"bos_token":"<s>"}""");
        Tokenizer.Load(_folder.Path).Save(_folder.File("tokenizer.json"));
        File.WriteAllText(_folder.File("tokenizer_config.json"), """{"bos_token":"<s>"}""");
        Tokenizer.Load(_folder.Path).Encode("").Ids.Should().Equal(1);
        File.WriteAllText(_folder.File("tokenizer_config.json"), """{"add_bos_token":false,"bos_token":"<s>"}""");
        Tokenizer.Load(_folder.Path).Encode("").Ids.Should().BeEmpty();
    }

    [Theory]
    [InlineData("""{"add_bos_token":true}""", "names no bos_token")]
    [InlineData("""{"add_eos_token":true,"eos_token":"<nowhere>"}""", "<nowhere>")]
    public void A_token_that_is_not_there_is_told(string config, string message)
    {
        File.WriteAllText(_folder.File("tokenizer_config.json"), config);
        var act = () => Tokenizer.Load(_folder.Path);
        act.Should().Throw<DataException>().WithMessage($"*{message}*");
    }

    public void Dispose() => _folder.Dispose();
}
