using System.Reflection;
using Loquat.Native;
using Loquat.Recipes;
using Loquat.Runs;

namespace Loquat.Tests.Runs;

public sealed class RecipeChangeTests
{
    public static TheoryData<string> Keys => [.. KeysOf(typeof(Recipe), "")];

    [Theory, MemberData(nameof(Keys))]
    public void Every_key_may_change_or_says_why_not(string key) =>
        RecipeChange.WhyFixed(key).Should().NotBe("the steps made depend on it", $"{key} needs a line in {nameof(RecipeChange)}");

    [Fact]
    public void A_lock_reads_back_as_written_through_several_changes()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("recipe.lock.yaml");
        var begun = RecipeLock.Begin(new Recipe { Training = new() { Precision = PrecisionKind.Fp32 } }, "1:key with: signs -> none");
        begun.Save(path);
        RecipeLock.Read(path).Should().BeEquivalentTo(begun);
        var longer = RecipeLock.Read(path).GoOn(begun.Recipe with { Training = begun.Recipe.Training with { MaxSteps = 2000, EvalRows = 4, SamplePrompt = "a -> b: c\nd" } }, 700);
        longer.Changes.Should().HaveCount(3).And.OnlyContain(change => change.Step == 700);
        longer.Save(path);
        var again = RecipeLock.Read(path);
        again.Recipe.Should().Be(longer.Recipe);
        again.DataKey.Should().Be(begun.DataKey);
        again.Machine.Should().Equal(begun.Machine);
        again.Changes.Select(c => c.Key).Should().Equal("training.max_steps", "training.eval_rows", "training.sample_prompt");
        again.Changes[0].Should().Be(new RecipeChange(700, "training.max_steps", "1000", "2000"));
        again.GoOn(again.Recipe, 900).Should().BeEquivalentTo(again, "nothing was changed");
    }

    [Fact]
    public void A_lock_cut_at_any_line_end_is_said_to_be_cut_short_and_one_of_before_reads()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("recipe.lock.yaml");
        var begun = RecipeLock.Begin(new Recipe { Training = new() { Precision = PrecisionKind.Fp32 } }, null);
        begun.Save(path);
        var lines = File.ReadAllLines(path);
        for (var kept = 1; kept < lines.Length; kept++)
        {
            File.WriteAllLines(path, lines[..kept]);
            var load = () => RecipeFile.Load(path);
            var read = () => RecipeLock.Read(path);
            load.Should().Throw<CheckpointException>().WithMessage("*recipe.lock.yaml: the run's lock file*cut short*--out*");
            read.Should().Throw<CheckpointException>();
        }
        // As locks were written before they had a mark of their end.
        File.WriteAllLines(path, lines[1..^1]);
        RecipeLock.Read(path).Recipe.Should().Be(begun.Recipe);
    }

    [Fact]
    public void Another_machine_is_noted_from_its_step_on()
    {
        var elsewhere = RecipeLock.Begin(new Recipe(), null) with { Machine = ["loquat 0, 64 threads", "Another processor"] };
        var here = elsewhere.GoOn(elsewhere.Recipe, 10);
        here.Machine.Should().HaveCount(3);
        here.Machine[2].Should().StartWith("from step 10 on: loquat ");
        here.GoOn(here.Recipe, 20).Machine.Should().Equal(here.Machine);
    }

    [Fact]
    public void A_run_keeps_its_choice_of_libraries_and_chooses_anew_on_another_machine()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("recipe.lock.yaml");
        var other = Products.Choice.Equals(ProductChoice.OneDnn) ? ProductChoice.Libtorch : ProductChoice.OneDnn;
        var begun = RecipeLock.Begin(new Recipe { Training = new() { Precision = PrecisionKind.Fp32 } }, null) with { Libraries = other };
        begun.Save(path);
        var read = RecipeLock.Read(path);
        read.Libraries.Should().Be(other);
        read.GoOn(read.Recipe, 10).Libraries.Should().Be(other);
        (read with { Machine = ["loquat 0, 64 threads", "Another processor"] }).GoOn(read.Recipe, 10).Libraries.Should().Be(Products.Choice);
        (read with { Libraries = null }).GoOn(read.Recipe, 10).Libraries.Should().Be(Products.Choice);
    }

    private static IEnumerable<string> KeysOf(Type type, string prefix) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).SelectMany(property =>
    {
        var key = prefix + System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
        return property.PropertyType.IsClass && property.PropertyType != typeof(string) ? KeysOf(property.PropertyType, key + ".") : [key];
    });
}
