using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Loquat.Cli;
using Loquat.Recipes;
using Loquat.Sweeping;

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

    /// <summary>
    /// In a fresh clone, where the reader has brought the texts that the guides call their own and made a run with quickstart, every command ends well. Those that train for minutes are held to
    /// what they need: the recipe and its text are there.
    /// </summary>
    [Fact]
    public void In_a_fresh_clone_its_commands_run()
    {
        using var clone = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(SharedFolder.RepositoryRoot, "recipes"), "*", SearchOption.AllDirectories))
        {
            var copy = clone.File(Path.GetRelativePath(SharedFolder.RepositoryRoot, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        BringTexts(clone);
        CommandLine.Run(clone.Path, "train", TinyRun.Write(clone), "--out", "runs/quickstart").ExitCode.Should().Be(0);
        foreach (var document in Documents)
        {
            foreach (var command in Commands(Path.Combine(SharedFolder.RepositoryRoot, document.Data)))
            {
                string[] words = [.. CommandLineParser.SplitCommandLine(command)];
                if (words[0] is "doctor" or "serve" or "chat") continue;
                if (words[0] == "quickstart")
                {
                    if (Array.IndexOf(words, "--data") is var at and >= 0 && words[at + 1] != "-") Path.Exists(clone.File(words[at + 1])).Should().BeTrue($"of '{command}' in {document.Data}");
                    continue;
                }
                if (words[0] == "train")
                {
                    // A folder is a run that an earlier command of the guide makes.
                    if (!words[1].StartsWith("runs/", StringComparison.Ordinal)) Trains(clone, words, $"of '{command}' in {document.Data}");
                    continue;
                }
                if (words[0] == "sweep")
                {
                    SweepFile.Load(clone.File(words[1]));
                    continue;
                }
                if (words[0] == "finetune")
                {
                    if (words[1].EndsWith(".yaml", StringComparison.Ordinal)) RecipeFile.Load(clone.File(words[1]));
                    continue;
                }
                if (words.Any(word => word.StartsWith("https://", StringComparison.Ordinal))) continue; // the network is no part of a test
                if (words.Any(word => word.StartsWith("runs/", StringComparison.Ordinal) && word != "runs/quickstart")) continue;
                var outcome = CommandLine.RunWithInput(clone.Path, "Some text.\n", words);
                outcome.ExitCode.Should().Be(0, $"of '{command}' in {document.Data}: {outcome.All}");
            }
        }
    }

    private static void Trains(TemporaryFolder clone, string[] words, string because)
    {
        var sets = words.Select((word, at) => (word, at)).Where(w => w.word == "--set").Select(w => words[w.at + 1]);
        if (Array.IndexOf(words, "--from") is var from and >= 0 && words[from + 1] == "runs/quickstart") sets = sets.Append($"model.from={clone.File(words[from + 1])}");
        var recipe = RecipeFile.Load(clone.File(words[1]), sets);
        (recipe.Data.Path is null || Path.Exists(clone.File(recipe.Data.Path))).Should().BeTrue($"{because}: the text is there or made");
    }

    private static string Word(long number) => number < 20 ? $"{(char)('a' + number)}" : Word(number / 20) + (char)('a' + number % 20);

    private static void BringTexts(TemporaryFolder clone)
    {
        foreach (var folder in (string[])["texts", "books", "corpus", "other"]) Directory.CreateDirectory(clone.File(folder));
        CommandLine.Run(clone.Path, "corpus", "stories", "--size", "6MB", "--out", "text.txt").ExitCode.Should().Be(0);
        var text = string.Join("\n", Enumerable.Range(0, 40_000).Select(i => $"{Word(i * 7919L % 40_009)} and {Word(i * 104_729L % 300_007)}."));
        foreach (var file in (string[])["texts/a.txt", "texts/b.txt", "books/a.txt", "corpus/a.txt", "notes.txt", "large.txt", "input.txt", "small.txt", "train.en.gz", "hypotheses.de", "test_2016_flickr.de"]) File.WriteAllText(clone.File(file), text);
        foreach (var (file, words) in new[] { ("english.txt", "the cat and the dog sat down"), ("french.txt", "le chat et le chien sont là"), ("icelandic.txt", "kötturinn og hundurinn sátu þar") })
            File.WriteAllLines(clone.File(file), Enumerable.Range(0, 200).Select(i => $"{words} {i}"));
        File.AppendAllText(clone.File("notes.txt"), "\nIt is a truth universally acknowledged.\n");
        foreach (var file in (string[])["output.txt", "reference.txt"]) File.WriteAllText(clone.File(file), "A line.\n");
        File.WriteAllLines(clone.File("alpaca_en_demo.json"), Enumerable.Range(0, 8000).Select(i => $$"""{"instruction": "Say {{Word(i)}}.", "input": "", "output": "{{Word(i * 7)}}"}"""));
        foreach (var file in (string[])["dpo_en_demo.json.gz", "harmless_base_1000.jsonl"])
            File.WriteAllLines(clone.File(file), Enumerable.Range(0, 60).Select(i => $$"""{"prompt": "Say {{Word(i)}}.", "chosen": "{{Word(i * 7)}}", "rejected": "No."}"""));
        File.WriteAllText(clone.File("cases.jsonl"), "{\"text\": \"Some text.\"}\n");
        foreach (var file in (string[])["tokenizer.json", "mine.json", "other/tokenizer.json"])
            CommandLine.Run(clone.Path, "tokenizer", "train", "--data", "texts", "--vocab-size", "600", "--out", file).ExitCode.Should().Be(0);
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
