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
        File.WriteAllText(_folder.File("empty.yaml"), "# nothing\n");
        Directory.CreateDirectory(_folder.File("texts"));
        File.WriteAllText(_folder.File("texts/a.txt"), "abc");
        Loquat.Text.Tokenization.CharacterTokenizer.Train(["ab"]).Save(_folder.File("tokenizer.json"));
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
    [InlineData(2, "must lead nowhere else", "train", "tiny.yaml", "--set", "name=../evil")]
    [InlineData(2, "must lead nowhere else", "train", "tiny.yaml", "--set", "name=/tmp/evil")]
    [InlineData(2, "must lead nowhere else", "train", "tiny.yaml", "--set", "name=..")]
    [InlineData(2, "must lead nowhere else", "train", "tiny.yaml", "--set", "name=a\\b")]
    [InlineData(2, "keeps for a device", "train", "tiny.yaml", "--set", "name=nul")]
    [InlineData(2, "must not be empty", "train", "tiny.yaml", "--set", "name=")]
    [InlineData(2, "is above training.max_steps", "train", "tiny.yaml", "--set", "training.lr_scheduler.warmup_steps=61")]
    [InlineData(2, "the decay would hardly come", "train", "tiny.yaml", "--set", "training.lr_scheduler.warmup_steps=49")]
    [InlineData(2, "write a decimal point, 0.001", "train", "tiny.yaml", "--set", "training.optimizer.learning_rate=0,001")]
    [InlineData(2, "A comma is not read", "train", "tiny.yaml", "--set", "training.max_steps=1,000")]
    [InlineData(2, "must name a file or folder", "train", "tiny.yaml", "--set", "data.path=")]
    [InlineData(2, "name it in data.path", "train", "tiny.yaml", "--set", "data.include=*.txt")]
    [InlineData(3, "none of its 1 files fits include *.md", "train", "tiny.yaml", "--set", "data.path=texts", "--set", "data.include=*.md")]
    [InlineData(2, "a run needs a folder", "train", "tiny.yaml", "--out", "short.txt")]
    [InlineData(2, "a run needs a folder", "quickstart", "--out", "short.txt")]
    [InlineData(2, "the file is empty", "plan", "empty.yaml")]
    [InlineData(3, "line 1: byte E9 at offset 5000 is not UTF-8", "tokenizer", "encode", "tokenizer.json", "latin1.txt")]
    [InlineData(2, "learned without pattern, min_frequency", "tokenizer", "train", "--data", "short.txt", "--type", "unigram", "--pattern", "gpt2", "--min-frequency", "2")]
    [InlineData(2, "key.path=value", "train", "tiny.yaml", "--set", "nonsense")]
    [InlineData(2, "not a multiple of num_attention_heads", "train", "tiny.yaml", "--set", "model.num_attention_heads=5")]
    [InlineData(2, "of memory", "train", "tiny.yaml", "--set", "training.per_device_train_batch_size=1000000")]
    [InlineData(2, "of memory", "train", "tiny.yaml", "--set", "model.hidden_size=65536", "--set", "model.num_hidden_layers=1024")]
    [InlineData(2, "of memory", "train", "tiny.yaml", "--set", "model.max_position_embeddings=1000000", "--set", "model.intermediate_size=1000000")]
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

    [Fact]
    public void Torn_files_of_a_run_are_named()
    {
        CommandLine.Run(_folder.Path, "train", "tiny.yaml", "--set", "training.max_steps=12").ExitCode.Should().Be(0);
        var run = _folder.File("runs/tiny");
        Torn("recipe.lock.yaml", "recipe.lock.yaml: the run's lock file", "train", "runs/tiny", "--resume");
        Torn("checkpoints/last/training_state.json", "training_state.json: the file", "train", "runs/tiny", "--resume");
        Torn("checkpoints/best/config.json", "config.json: the file", "generate", "runs/tiny");
        Torn("checkpoints/best/tokenizer.json", "tokenizer.json", "generate", "runs/tiny");
        Torn("checkpoints/best/model.safetensors", "model.safetensors", "generate", "runs/tiny");

        void Torn(string file, string message, params string[] arguments)
        {
            var path = Path.Combine(run, file);
            var bytes = File.ReadAllBytes(path);
            foreach (var length in (int[])[0, bytes.Length / 2])
            {
                File.WriteAllBytes(path, bytes[..length]);
                var outcome = CommandLine.Run(_folder.Path, arguments);
                outcome.ExitCode.Should().BeInRange(2, 4, outcome.All);
                outcome.Error.Should().Contain(message).And.NotContain("   at ");
                if (length == 0 && message.Contains(": ", StringComparison.Ordinal)) outcome.Error.Should().Contain("is empty");
            }
            File.WriteAllBytes(path, bytes);
        }
    }

    [Fact]
    public void An_image_among_texts_is_skipped_with_a_line()
    {
        File.WriteAllBytes(_folder.File("texts/photo.png"), [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0, 0, 13]);
        File.WriteAllText(_folder.File("texts/a.txt"), string.Concat(Enumerable.Range(0, 2000).Select(i => $"Line {i * 7919 % 1000} and {i % 13}.\n")));
        var outcome = CommandLine.Run(_folder.Path, "train", "tiny.yaml", "--set", "data.path=texts", "--set", "tokenizer.vocab_size=300", "--set", "training.max_steps=12");
        outcome.ExitCode.Should().Be(0, outcome.All);
        outcome.Error.Should().Contain("photo.png: skipped: not text");
        outcome.Error.Should().Contain("loquat generate runs/tiny").And.Contain("runs/tiny/checkpoints/best".Replace('/', Path.DirectorySeparatorChar));
    }

    [Fact]
    public void One_row_is_scored_without_an_interval()
    {
        CommandLine.Run(_folder.Path, "train", "tiny.yaml", "--set", "training.max_steps=12").ExitCode.Should().Be(0);
        var outcome = CommandLine.Run(_folder.Path, "evaluate", "runs/tiny", "--data", "three.txt", "--json");
        outcome.ExitCode.Should().Be(0, outcome.All);
        using var json = System.Text.Json.JsonDocument.Parse(outcome.Output);
        json.RootElement.GetProperty("loss_interval").ValueKind.Should().Be(System.Text.Json.JsonValueKind.Null);
        CommandLine.Run(_folder.Path, "evaluate", "runs/tiny", "--data", "three.txt").Output.Should().NotContain("NaN");
    }

    [Fact]
    public void Output_goes_through_devices_pipes_and_standard_output()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("devices are tested on Unix");
        CommandLine.Run(_folder.Path, "corpus", "stories", "--count", "1", "--out", "/dev/stdout").Output.Should().Contain("<|endoftext|>");
        CommandLine.Run(_folder.Path, "tokenizer", "train", "--data", "short.txt", "--vocab-size", "260", "--out", "/dev/stdout").Output.Should().StartWith("{");
        CommandLine.Run(_folder.Path, "tokenizer", "train", "--data", "short.txt", "--vocab-size", "260", "--out", "-").Output.Should().StartWith("{");
        var full = CommandLine.Run(_folder.Path, "tokenizer", "train", "--data", "short.txt", "--vocab-size", "260", "--out", "/dev/full");
        full.ExitCode.Should().Be(5, full.All);
        File.Exists("/dev/full.writing").Should().BeFalse();
        var head = CommandLine.RunInShell(_folder.Path, "| head -1", "corpus", "stories", "--size", "500GB");
        head.Output.Trim().Split('\n').Should().ContainSingle();
        head.ExitCode.Should().Be(141, head.All);
    }

    public void Dispose() => _folder.Dispose();
}
