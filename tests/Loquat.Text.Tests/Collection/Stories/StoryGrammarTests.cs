using Loquat.Text.Collection.Stories;
using Loquat.Text.Collection.Stories.Grammar;

namespace Loquat.Text.Tests.Collection.Stories;

public sealed class StoryGrammarTests
{
    [Fact]
    public void No_text_can_be_read_in_two_ways() => new Ambiguity(StoryGrammar.Program).Find().Should().BeEmpty();

    [Fact]
    public void The_proof_finds_an_ambiguity()
    {
        Ambiguities("= story\n[a|ab][c|bc].").Should().NotBeEmpty();
        Ambiguities("@ w\nred; blue\n= story\n[|red ]{*w} hat").Should().BeEmpty();
        Ambiguities("@ w\nred; red red\n= story\n[|red ]{*w} hat").Should().NotBeEmpty();
        Ambiguities("@ w\nred; red blue\n= story\n{*w}[| blue] hat").Should().NotBeEmpty();
    }

    private static List<string> Ambiguities(string grammar) => new Ambiguity(StoryCompiler.Compile(new GrammarText([grammar]), "story")).Find();
}
