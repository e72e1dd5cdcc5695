using Loquat.Text.Collection.Stories.Grammar;
using Loquat.Text.Collection.Stories.Plots;
using Loquat.Text.Collection.Stories.Words;

namespace Loquat.Text.Collection.Stories;

/// <summary>All parts of the story grammar; the notation is that of <see cref="GrammarText"/>.</summary>
internal static class StoryGrammar
{
    public static string[] Sources { get; } =
    [
        People.Text, Nature.Text, Things.Text, Manners.Text,
        Frame.Text, Details.Text, LostAndFound.Text, Roads.Text, Neighbors.Text, Trials.Text, Wonders.Text,
    ];

    /// <summary>The grammar, compiled.</summary>
    public static StoryProgram Program { get; } = StoryCompiler.Compile(new GrammarText(Sources), "story");
}
