using Loquat.Objectives;
using Loquat.Recipes;
using Loquat.Text.Tokenization;

namespace Loquat.EndToEnd.Tests;

/// <summary>Every recipe of the repository is a recipe, and trains: two steps of the same model, on the built-in stories or on a text made here.</summary>
public sealed class RecipeFilesTests
{
    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Path.Combine(SharedFolder.RepositoryRoot, "recipes"), "*.yaml").Select(f => Path.GetFileName(f))];

    [Theory, MemberData(nameof(Files))]
    public void It_takes_two_steps(string file)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(SharedFolder.RepositoryRoot, "recipes", file);
        var recipe = RecipeFile.Load(path);
        File.WriteAllText(folder.File("text.txt"), string.Concat(Enumerable.Range(0, 4000).Select(i => $"Line {i * 7919 % 1000}, and some words: {(char)('a' + i % 26)}{(char)('a' + i / 26 % 26)} {i % 97} times.\n")));
        if (recipe.Objective.IsTask)
        {
            Learns(folder, path, recipe);
            return;
        }
        // Pairs: the lines, written from themselves.
        File.WriteAllLines(folder.File("pairs.tsv"), File.ReadLines(folder.File("text.txt")).Select(line => $"{line}\t{line}"));
        string[] text = recipe.Objective.ReadsPairs ? ["data.path=pairs.tsv", "data.target_path=null", "data.validation_path=null", "data.validation_target_path=null"]
            : recipe.Objective is ConversationOptions talks ? [$"data.path={TaskSamples.Conversations(folder, talks.Prefers)}", "data.validation_path=null", "training.context_length=128"]
            : recipe.Data.Path is null ? ["data.story_megabytes=1"] : ["data.path=text.txt"];
        string[] overrides =
        [
            .. text, .. recipe.Distillation is not null ? (string[])[$"distillation.teacher={Teacher(folder)}"] : TokenizerTraining.HasSize(recipe.Tokenizer.Type) ? (string[])[$"tokenizer.vocab_size={Math.Min(recipe.Tokenizer.VocabSize, recipe.Objective is ConversationOptions ? 300 : 512)}"] : [], "training.max_steps=2", "training.per_device_train_batch_size=2",
            "training.gradient_accumulation_steps=1", "training.lr_scheduler.warmup_steps=1", "training.eval_rows=2",
            $"training.lr_scheduler.decay_steps={(recipe.Training.LrScheduler.Decay is null ? "null" : "1")}",
        ];
        var outcome = CommandLine.Run(folder.Path, ["train", path, "--out", "run", .. overrides.SelectMany(o => (string[])["--set", o])]);
        outcome.ExitCode.Should().Be(0, outcome.All);
        outcome.Output.Should().Contain("validation loss");
    }

    // A student's teacher, whose tokenizer it has, is a run on the same text.
    private static string Teacher(TemporaryFolder folder)
    {
        var outcome = CommandLine.Run(folder.Path, "train", TinyRun.Write(folder), "--out", "teacher", "--set", "data.path=text.txt", "--set", "model.max_position_embeddings=128", "--set", "training.context_length=32", "--set", "training.max_steps=1", "--set", "training.lr_scheduler.warmup_steps=0");
        outcome.ExitCode.Should().Be(0, outcome.All);
        return "teacher";
    }

    // Tasks bring no examples with them either.
    private static void Learns(TemporaryFolder folder, string path, Recipe recipe)
    {
        var data = TaskSamples.Write(folder, recipe.Objective.Type);
        string[] overrides =
        [
            $"data.path={data}", "data.validation_path=null", "data.test_path=null", "tokenizer.vocab_size=400", "training.num_train_epochs=null", "training.max_steps=2", "training.per_device_train_batch_size=2",
            "training.context_length=64", "training.gradient_accumulation_steps=1", "training.lr_scheduler.warmup_ratio=0.5",
        ];
        var outcome = CommandLine.Run(folder.Path, ["finetune", path, "--out", "run", .. overrides.SelectMany(o => (string[])["--set", o])]);
        outcome.ExitCode.Should().Be(0, outcome.All);
        outcome.Error.Should().Contain("validation loss");
    }

    [Theory, MemberData(nameof(Files))]
    public void Its_yaml_comes_back_from_the_lock_file(string file)
    {
        var recipe = RecipeFile.Load(Path.Combine(SharedFolder.RepositoryRoot, "recipes", file));
        RecipeFile.Parse(RecipeFile.ToYaml(recipe), "lock").Should().Be(recipe);
    }
}
