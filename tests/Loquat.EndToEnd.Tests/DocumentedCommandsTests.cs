using System.Text.RegularExpressions;
using Loquat.Cli;

namespace Loquat.EndToEnd.Tests;

/// <summary>Every `loquat ...` line of the README and the guides, and every example of the help, is a command line that the program understands.</summary>
public sealed partial class DocumentedCommandsTests
{
    public static TheoryData<string> Documents => [.. Directory.EnumerateFiles(Path.Combine(SharedFolder.RepositoryRoot, "docs"), "*.md", SearchOption.AllDirectories)
        .Append(Path.Combine(SharedFolder.RepositoryRoot, "README.md")).Where(f => Commands(f).Any()).Select(f => Path.GetRelativePath(SharedFolder.RepositoryRoot, f))];

    [Theory, MemberData(nameof(Documents))]
    public void The_program_understands_its_commands(string document)
    {
        var root = Program.CreateRoot();
        foreach (var command in Commands(Path.Combine(SharedFolder.RepositoryRoot, document)))
            root.Parse(command).Errors.Should().BeEmpty($"of '{command}' in {document}");
    }

    [Fact]
    public void Each_verb_has_a_description_and_examples_that_parse()
    {
        var root = Program.CreateRoot();
        foreach (var verb in root.Subcommands)
        {
            verb.Description.Should().NotBeNullOrEmpty();
            var outcome = CommandLine.Run(".", verb.Name, "--help");
            outcome.Output.Should().Contain("Examples:", $"of the help of {verb.Name}");
            var examples = outcome.Output[outcome.Output.IndexOf("Examples:", StringComparison.Ordinal)..];
            foreach (Match example in Command().Matches(examples)) root.Parse(example.Groups[1].Value).Errors.Should().BeEmpty($"of '{example.Value}' in the help of {verb.Name}");
        }
    }

    private static IEnumerable<string> Commands(string file)
    {
        var fenced = false;
        foreach (var line in File.ReadLines(file))
        {
            if (line.StartsWith("```", StringComparison.Ordinal)) fenced = !fenced;
            else if (fenced && Command().Match(line) is { Success: true } match) yield return match.Groups[1].Value;
        }
    }

    // Up to a comment, a pipe or a redirection.
    [GeneratedRegex(@"^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\./)?loquat ((?:""[^""]*""|[^#|>\n""])+)", RegexOptions.Multiline)]
    private static partial Regex Command();
}
