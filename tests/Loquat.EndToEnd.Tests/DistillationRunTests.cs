namespace Loquat.EndToEnd.Tests;

/// <summary>A student that learns from a run, from the command line: trained, resumed exactly, planned, written with, and refused where it does not fit.</summary>
public sealed class DistillationRunTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_student_learns_from_a_run_and_goes_on_exactly()
    {
        var recipe = TinyRun.Write(_folder);
        Ok("train", recipe, "--out", "teacher", "--set", "training.max_steps=4", "--set", "training.lr_scheduler.warmup_steps=1");
        string[] student =
        [
            recipe, "--set", "tokenizer.vocab_size=null", "--set", "model.num_hidden_layers=1", "--set", "distillation.teacher=teacher", "--set", "distillation.hidden_loss=cosine", "--set", "training.lr_scheduler.type=constant",
            "--set", "training.lr_scheduler.warmup_steps=null",
        ];
        Ok(["train", .. student, "--out", "whole", "--set", "training.max_steps=4"]).Error.Should().Contain("forward_kl from").And.Contain("states by cosine");
        Ok(["train", .. student, "--out", "halves", "--set", "training.max_steps=2"]);
        Ok("train", "halves", "--resume", "--set", "training.max_steps=4");
        File.ReadAllBytes(_folder.File("halves/checkpoints/last/model.safetensors")).Should().Equal(File.ReadAllBytes(_folder.File("whole/checkpoints/last/model.safetensors")));
        File.ReadAllText(_folder.File("halves/checkpoints/last/tokenizer.json")).Should().Be(File.ReadAllText(_folder.File("teacher/checkpoints/best/tokenizer.json")));
        Ok("plan", "whole/recipe.lock.yaml").Output.Should().Contain("forward_kl from");

        var other = CommandLine.Run(_folder.Path, "train", recipe, "--set", "tokenizer.vocab_size=300", "--set", "distillation.teacher=teacher", "--out", "other");
        other.ExitCode.Should().Be(2);
        other.Error.Should().Contain("tokens differ");
    }

    public void Dispose() => _folder.Dispose();

    private Outcome Ok(params string[] arguments)
    {
        var outcome = CommandLine.Run(_folder.Path, arguments);
        outcome.ExitCode.Should().Be(0, $"{string.Join(' ', arguments)}\n{outcome.All}");
        return outcome;
    }
}
