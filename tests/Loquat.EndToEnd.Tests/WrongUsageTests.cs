namespace Loquat.EndToEnd.Tests;

/// <summary>Wrong usage gets one clear error and the exit code that docs/cli.md promises; nothing half-written stays.</summary>
public sealed class WrongUsageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public WrongUsageTests()
    {
        TinyRun.Write(_folder);
        Directory.CreateDirectory(_folder.File("nothing"));
        File.WriteAllText(_folder.File("empty.txt"), "");
        File.WriteAllText(_folder.File("three.txt"), "abc");
        File.WriteAllText(_folder.File("short.txt"), "A short text, told again and again. ");
        File.WriteAllBytes(_folder.File("binary.bin"), [.. Enumerable.Range(0, 4000).Select(i => (byte)(i * 37))]);
        File.WriteAllBytes(_folder.File("latin1.txt"), [.. Enumerable.Repeat((byte)'a', 5000), 0xE9, .. Enumerable.Repeat((byte)'b', 5000)]);
        File.WriteAllText(_folder.File("keys.yaml"), "name: x\nmodel:\n  hiden_size: 32\ntraining:\n  max_steps: soon\n");
        File.WriteAllText(_folder.File("list.yaml"), "- 1\n- 2\n");
    }

    [Theory]
    [InlineData(3, "no such file", "quickstart", "--data", "missing.txt")]
    [InlineData(3, "empty", "quickstart", "--data", "empty.txt")]
    [InlineData(3, "3 bytes are too little", "quickstart", "--data", "three.txt")]
    [InlineData(3, "not UTF-8 text", "quickstart", "--data", "binary.bin")]
    [InlineData(3, "not UTF-8 text", "quickstart", "--data", "latin1.txt")]
    [InlineData(3, "holds no text", "quickstart", "--data", "nothing")]
    [InlineData(2, "--minutes", "quickstart", "--minutes", "0")]
    [InlineData(2, "not empty", "quickstart", "--out", ".")]
    [InlineData(2, "line 3: unknown key 'model.hiden_size'. Did you mean 'hidden_size'?", "train", "keys.yaml")]
    [InlineData(2, "line 5: training.max_steps is 'soon'; it must be a whole number", "train", "keys.yaml")]
    [InlineData(2, "must hold keys and values", "train", "list.yaml")]
    [InlineData(2, "cannot be read", "train", "missing.yaml")]
    [InlineData(2, "no run to resume", "train", "tiny.yaml", "--resume")]
    [InlineData(2, "is a folder", "train", "nothing")]
    [InlineData(2, "the text allows only", "train", "tiny.yaml", "--set", "data.path=short.txt")]
    [InlineData(2, "cuts a text in one way only", "train", "tiny.yaml", "--set", "tokenizer.type=character", "--set", "tokenizer.sampling.passes=2")]
    [InlineData(2, "alpha is 2; for BPE", "train", "tiny.yaml", "--set", "tokenizer.sampling.passes=2", "--set", "tokenizer.sampling.alpha=2")]
    [InlineData(3, "the file is empty", "train", "tiny.yaml", "--set", "data.path=empty.txt")]
    [InlineData(2, "key.path=value", "train", "tiny.yaml", "--set", "nonsense")]
    [InlineData(2, "not a multiple of model.num_attention_heads", "train", "tiny.yaml", "--set", "model.num_attention_heads=5")]
    [InlineData(4, "there is no such folder", "generate", "missing")]
    [InlineData(4, "holds neither a run", "evaluate", "nothing")]
    [InlineData(2, "temperature is -1", "generate", "nothing", "--temperature", "-1")]
    [InlineData(2, "cannot be read", "plan", "missing.yaml")]
    [InlineData(1, "Unrecognized", "train", "tiny.yaml", "--nonsense")]
    [InlineData(1, "Unrecognized", "nonsense")]
    public void It_is_told(int exitCode, string message, params string[] arguments)
    {
        var before = Directory.EnumerateFileSystemEntries(_folder.Path).ToHashSet();
        var outcome = CommandLine.Run(_folder.Path, arguments);
        outcome.ExitCode.Should().Be(exitCode, outcome.All);
        outcome.All.Should().Contain(message).And.NotContain("   at ", "a stack trace is no message");
        if (exitCode > 1) outcome.Error.TrimEnd().Split('\n').Should().ContainSingle(line => line.StartsWith("error: "));
        Directory.EnumerateFiles(_folder.Path, "*.writing", SearchOption.AllDirectories).Should().BeEmpty();
        Directory.EnumerateDirectories(_folder.Path, "checkpoints", SearchOption.AllDirectories).Should().BeEmpty();
        before.Should().NotBeEmpty();
    }

    [Fact]
    public void A_run_is_not_overwritten()
    {
        Directory.CreateDirectory(_folder.File("runs/tiny/checkpoints"));
        var outcome = CommandLine.Run(_folder.Path, "train", "tiny.yaml");
        outcome.ExitCode.Should().Be(2);
        outcome.Error.Should().Contain("holds a run already");
    }

    public void Dispose() => _folder.Dispose();
}
