using Loquat.Corpus.Preprocessing.Languages;

namespace Loquat.Corpus.Tests.Preprocessing.Languages;

public sealed class LanguageModelTests
{
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
        accuracy.Should().BeGreaterThanOrEqualTo(Math.Max(Reference("langid"), Reference("lingua")));
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
    public void Text_without_letters_has_no_language() => LanguageModel.Default.Identify("12 + 3 = 15 !!").Should().Be(new LanguageGuess("und", 0));

    [Fact]
    public void The_table_is_small() => typeof(LanguageModel).Assembly.GetManifestResourceStream("languages.br")!.Length.Should().BeLessThan(1_500_000);
}
