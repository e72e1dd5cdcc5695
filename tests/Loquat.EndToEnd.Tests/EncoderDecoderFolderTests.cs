using System.Text.Json;
using Loquat.Checkpoints;
using Loquat.Generation;
using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.T5;
using Loquat.Text.Tokenization;

namespace Loquat.EndToEnd.Tests;

/// <summary>`generate` on the folder of an encoder-decoder: the text is read, another is written.</summary>
public sealed class EncoderDecoderFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EncoderDecoderFolderTests()
    {
        File.Copy(Path.Combine(SharedFolder.Require("fixtures", "tokenizers", "unigram_t5"), "tokenizer.json"), _folder.File("tokenizer.json"));
        var size = Tokenizer.Load(_folder.Path).VocabSize;
        var config = new T5Config { VocabSize = size, DModel = 16, DKv = 8, DFf = 32, NumLayers = 2, NumHeads = 2, DecoderStartTokenId = 0, PadTokenId = 0 };
        using var model = config.Build(Placement.Cpu, seed: 4);
        ModelFolder.Write(_folder.Path, model);
    }

    [Fact]
    public void One_text_is_written_from_another()
    {
        var outcome = CommandLine.Run(_folder.Path, "generate", ".", "the cat sat", "--max-new-tokens", "8", "--json");
        outcome.ExitCode.Should().Be(0, outcome.All);
        using var document = JsonDocument.Parse(outcome.Output);
        using var model = ModelFolder.Load<EncoderDecoderModel>(_folder.Path, Placement.Cpu);
        var writer = new TextGenerator(model, Tokenizer.Load(_folder.Path));
        document.RootElement.GetProperty("text").GetString().Should().Be(writer.Generate("the cat sat", new SamplingOptions { Temperature = 0, MaxNewTokens = 8 }));
        document.RootElement.GetProperty("token_ids").GetArrayLength().Should().Be(8);
        // What was read is not part of what is written.
        CommandLine.Run(_folder.Path, "generate", ".", "the cat sat", "--max-new-tokens", "8").Output.TrimEnd('\n').Should().Be(document.RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public void Beams_give_as_many_texts_as_are_asked_for()
    {
        var outcome = CommandLine.Run(_folder.Path, "generate", ".", "the cat sat", "--max-new-tokens", "6", "--num-beams", "4", "--num-return-sequences", "3", "--length-penalty", "0.5", "--early-stopping", "never", "--no-repeat-ngram-size", "2", "--json");
        outcome.ExitCode.Should().Be(0, outcome.All);
        using var document = JsonDocument.Parse(outcome.Output);
        var scores = document.RootElement.GetProperty("texts").EnumerateArray().Select(text => text.GetProperty("score").GetDouble()).ToList();
        scores.Should().HaveCount(3).And.BeInDescendingOrder();
        document.RootElement.GetProperty("sampling").GetProperty("num_beams").GetInt32().Should().Be(4);
        document.RootElement.GetProperty("sampling").GetProperty("early_stopping").GetString().Should().Be("never");
        CommandLine.Run(_folder.Path, "generate", ".", "the cat", "--num-beams", "2", "--num-return-sequences", "3").Error.Should().Contain("num_return_sequences is 3");
    }

    [Fact]
    public void A_model_whose_tokenizer_lacks_what_its_objective_needs_is_not_evaluated()
    {
        File.WriteAllText(_folder.File("text.txt"), string.Concat(Enumerable.Repeat("the cat sat on the mat. ", 400)));
        var outcome = CommandLine.Run(_folder.Path, "evaluate", ".", "--data", "text.txt", "--json");
        outcome.ExitCode.Should().Be(2, outcome.All);
        outcome.Error.Should().Contain("the tokenizer has no '<extra_id_0>'");
    }

    public void Dispose() => _folder.Dispose();
}
