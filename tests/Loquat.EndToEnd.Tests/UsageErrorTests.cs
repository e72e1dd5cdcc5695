using System.CommandLine;
using Loquat.Cli;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;

namespace Loquat.EndToEnd.Tests;

/// <summary>A command line that cannot be meant is answered with one line: for every verb, every number and every path that there is.</summary>
public sealed class UsageErrorTests
{
    private static readonly string[] _words = ["--size", "--stop", "--set", "--type", "--checkpoint", "--model", "--special-token", "--initial-alphabet", "--pattern", "--tokenize", "--text-field", "--id-field", "--title-field", "--author-field", "--date-field", "--language-field", "--url-field", "--license-field", "--encoding", "--prompt", "--format", "--steps", "--text", "--text-pair", "--label", "--tasks", "--contact", "--system"];

    [Theory]
    [InlineData("trian", "Did you mean 'train'?")]
    [InlineData("tokenizer encoed x", "Did you mean 'encode'?")]
    [InlineData("something", "There are quickstart, ")]
    [InlineData("train recipe.yaml --resum", "Did you mean '--resume'?")]
    [InlineData("generate runs/x --temprature 0.5", "Did you mean '--temperature'?")]
    [InlineData("generate runs/x --temprature=0.5", "Did you mean '--temperature'?")]
    [InlineData("train --nonsense", "Unrecognized option '--nonsense'")]
    [InlineData("generate runs/x Once upon", "quotation marks")]
    [InlineData("train", "loquat train needs RECIPE")]
    [InlineData("tokenizer", "needs one of train, encode")]
    [InlineData("quickstart --out", "--out needs a value")]
    [InlineData("completion bsh", "Did you mean 'bash'?")]
    [InlineData("evaluate x --checkpoint lst", "Did you mean 'last'?")]
    [InlineData("train x --out --resumed", "looks like an option")]
    [InlineData("generate x --seed -1", "must be a whole number of 0 or more")]
    [InlineData("generate x --top-k 99999999999", "must be a whole number from")]
    [InlineData("generate x --temperature NaN", "must be a number")]
    public void It_is_one_line(string line, string message)
    {
        var (text, code) = UsageError.Of(Program.CreateRoot().Parse(line))!.Value;
        text.Should().Contain(message).And.NotContain("\n");
        code.Should().BeInRange(1, 2);
        var outcome = CommandLine.Run(".", [.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(line)]);
        outcome.ExitCode.Should().Be(code);
        outcome.Output.Should().BeEmpty();
        outcome.Error.TrimEnd().Should().Be($"error: {text}");
    }

    [Fact]
    public void Every_number_refuses_a_decimal_comma_and_takes_a_point()
    {
        var numbers = Options().Where(o => Number(o.Option) is not null).ToList();
        numbers.Should().NotBeEmpty();
        foreach (var (verb, option) in numbers)
        {
            foreach (var wrong in (string[])["0,7", "1,5", "1,000", "1.000,5", "NaN", "Infinity", "1e999", "x"])
                UsageError.Of(Parse(verb, option, wrong))!.Value.Message.Should().Contain($"{option.Name} is '{wrong}'", $"of {verb}");
            (UsageError.Of(Parse(verb, option, Number(option) == typeof(double) ? "1.5" : "15"))?.Message ?? "").Should().NotContain($"{option.Name} is", $"of {verb}");
        }
    }

    [Fact]
    public void No_path_may_be_empty()
    {
        var paths = Options().Where(o => o.Option.ValueType == typeof(string) && !_words.Contains(o.Option.Name)).ToList();
        paths.Should().NotBeEmpty();
        foreach (var (verb, option) in paths)
            foreach (var wrong in (string[])["", " "])
                (UsageError.Of(Parse(verb, option, wrong))?.Message ?? "").Should().MatchRegex("must name a file or folder|must be one of", $"of {verb} {option.Name}");
        foreach (var verb in (string[][])[["train", ""], ["plan", ""], ["evaluate", ""], ["generate", ""], ["recipe", "show", ""], ["tokenizer", "info", ""], ["tokenizer", "encode", ""], ["tokenizer", "encode", "x", ""]])
            UsageError.Of(Program.Parse(verb))!.Value.Message.Should().Contain("must name a file or folder", $"of {string.Join(' ', verb)}");
    }

    [Fact]
    public void Without_a_verb_there_is_help()
    {
        var outcome = CommandLine.Run(".");
        outcome.ExitCode.Should().Be(0);
        outcome.Output.Should().Contain("quickstart");
        outcome.Error.Should().BeEmpty();
    }

    [Fact]
    public void A_prompt_may_begin_with_anything()
    {
        foreach (var prompt in (string[])["@you", "- item", "[x]", "-"]) UsageError.Of(Program.Parse("generate", "run", prompt)).Should().BeNull();
        UsageError.Of(Program.Parse("generate", "run", "--", "--hello")).Should().BeNull();
        var outcome = CommandLine.Run(".", "generate", "missing", "@you");
        outcome.Error.Should().Contain("there is no such folder");
    }

    [Theory]
    [InlineData("runs/quickstart", "runs/quickstart", "runs/quickstart")]
    [InlineData("my runs/a", "'my runs/a'", "'my runs/a'")]
    [InlineData("it's", @"'it'\''s'", "'it''s'")]
    [InlineData("$HOME", "'$HOME'", "'$HOME'")]
    [InlineData("a\"b", "'a\"b'", "'a\"b'")]
    [InlineData("a;b", "'a;b'", "'a;b'")]
    [InlineData("", "''", "''")]
    [InlineData("größe", "größe", "größe")]
    [InlineData("~", "'~'", "'~'")]
    public void Words_are_quoted_for_the_shell(string word, string posix, string powerShell)
    {
        ShellText.Quote(word, powerShell: false).Should().Be(posix);
        ShellText.Quote(word, powerShell: true).Should().Be(powerShell);
    }

    [Fact]
    public void A_POSIX_shell_reads_quoted_words_back()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("there is no sh");
        string[] words = ["a b", "it's", "$HOME `x` \\ \"q\"", "*", "a\nb", "!x", "#c", "<>|&;()", "--", "é"];
        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", ["-c", $"printf '%s\\0' {string.Join(' ', words.Select(w => ShellText.Quote(w, powerShell: false)))}"]) { RedirectStandardOutput = true })!;
        shell.StandardOutput.ReadToEnd().Split('\0')[..^1].Should().Equal(words);
    }

    private static ParseResult Parse(string verb, Option option, string value) => Program.Parse([.. verb.Split(' '), .. Arguments(Program.CreateRoot(), verb), option.Name, value]);

    private static IEnumerable<string> Arguments(Command root, string verb)
    {
        var command = verb.Split(' ').Aggregate(root, (at, name) => at.Subcommands.Single(c => c.Name == name));
        return command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0).Select(a => "bash");
    }

    private static Type? Number(Option option) => (Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType) is var type && type.IsPrimitive && type != typeof(bool) ? type : null;

    private static IEnumerable<(string Verb, Option Option)> Options() => Options(Program.CreateRoot(), "");

    private static IEnumerable<(string Verb, Option Option)> Options(Command command, string path) =>
        command.Options.Where(o => o.ValueType != typeof(bool) && path.Length > 0).Select(o => (path, o)).Concat(command.Subcommands.SelectMany(c => Options(c, $"{path} {c.Name}".Trim())));
}
