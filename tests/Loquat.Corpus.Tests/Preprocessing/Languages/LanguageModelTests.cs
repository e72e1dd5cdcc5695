using Loquat.Corpus.Preprocessing.Languages;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Preprocessing.Languages;

public sealed class LanguageModelTests(ITestOutputHelper output)
{
    private const double LeastAccuracy = 0.994;

    private static List<(string Language, string Text)> Read(string file) => [.. TextFixture.Load(file).Cases.Select(c => (c.GetProperty("lang").GetString()!, c.GetProperty("text").GetString()!))];

    private static double Accuracy(LanguageModel model, List<(string Language, string Text)> cases) => cases.Count(c => model.Identify(c.Text).Language == c.Language) / (double)cases.Count;

    private static double Reference(string name) => TextFixture.Load("langid_test.json")["reference_scores"].GetProperty(name).GetProperty("accuracy").GetDouble();

    [Fact]
    public void Trained_on_the_training_file_it_is_as_good_as_naive_bayes()
    {
        var model = LanguageTrainer.Train(Read("langid_train.json"));
        Accuracy(model, Read("langid_test.json")).Should().BeGreaterThanOrEqualTo(Reference("naive_bayes") - 0.01);
    }

    [Fact]
    public void The_model_of_the_program_is_better_than_langid_and_lingua()
    {
        var accuracy = Accuracy(LanguageModel.Default, Read("langid_test.json"));
        output.WriteLine($"{accuracy:F4}");
        accuracy.Should().BeGreaterThanOrEqualTo(Math.Max(LeastAccuracy, Math.Max(Reference("langid"), Reference("lingua"))));
    }

    [Fact]
    public void A_model_is_the_same_after_saving_and_training_gives_the_same_twice()
    {
        (string, string)[] examples = [("eng", "The cat sat on the mat."), ("deu", "Die Katze saß auf der Matte."), ("fra", "Le chat est sur le tapis.")];
        var (first, second) = (new MemoryStream(), new MemoryStream());
        LanguageTrainer.Train(examples).Write(first);
        LanguageTrainer.Train(examples).Write(second);
        Assert.Equal(first.ToArray(), second.ToArray());
        var read = LanguageModel.Read(new MemoryStream(first.ToArray()));
        foreach (var (language, text) in examples) read.Identify(text).Language.Should().Be(language);
    }

    [Fact]
    public void The_table_is_remade_from_the_data_it_names()
    {
        LongTests.Require();
        var examples = LanguageExamples.Read([SharedFolder.Require("data", "multilingual", "tatoeba"), SharedFolder.Require("data", "multilingual", "udhr")], SharedFolder.Require("fixtures", "text", "langid_test.json"));
        using var made = new MemoryStream();
        LanguageTrainer.Train(examples).Write(made);
        using var table = typeof(LanguageModel).Assembly.GetManifestResourceStream("languages.br")!;
        var committed = new byte[table.Length];
        table.ReadExactly(committed);
        made.ToArray().Should().Equal(committed);
    }

    [Fact]
    public void A_folder_names_the_languages_of_its_files_and_what_is_held_out_is_not_learned()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("in"));
        File.WriteAllText(folder.File("in/deu_1996.html"), "<p>Alle Menschen sind frei.</p><p>Dies ist ein Test, mehr nicht.</p>");
        File.WriteAllText(folder.File("in/pairs.fra-eng.fra"), "Le chat est là.\nLe chat est là.\nOui !\n");
        File.WriteAllText(folder.File("held.json"), "{\"cases\": [{\"text\": \"Dies ist ein Test,\"}, {\"text\": \"Oui !\"}]}");
        LanguageExamples.Read([folder.File("in")], folder.File("held.json")).Should().Equal(("deu", "Alle Menschen sind frei."), ("deu", "mehr nicht."), ("fra", "Le chat est là."));
    }

    [Fact]
    public void A_long_text_is_known_by_its_pieces()
    {
        var text = string.Join(' ', Enumerable.Repeat("Dies ist ein langer Text über die Katze, die auf der Matte saß.", 2000));
        LanguageModel.Default.Identify(text).Language.Should().Be("deu");
    }

    [Fact]
    public void Text_without_letters_has_no_language() => LanguageModel.Default.Identify("12 + 3 = 15 !!").Should().Be(new LanguageGuess("und", 0));

    [Fact]
    public void The_table_is_small() => typeof(LanguageModel).Assembly.GetManifestResourceStream("languages.br")!.Length.Should().BeLessThan(1_500_000);
}
