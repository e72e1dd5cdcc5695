using Loquat.Generation;

namespace Loquat.Tests.Generation;

public sealed class AsyncTextTests
{
    private static readonly SamplingOptions _options = new() { MaxNewTokens = 60, Seed = 4 };

    [Fact]
    public async Task It_gives_what_the_plain_stream_gives()
    {
        using var model = TinyWriter.Model();
        var expected = new TextGenerator(model, TinyWriter.Tokenizer).Generate("Once", _options);
        var generator = new TextGenerator(model, TinyWriter.Tokenizer);
        var text = "";
        await foreach (var piece in generator.StreamAsync("Once", _options)) text += piece;
        text.Should().Be(expected).And.NotBeEmpty();
        generator.TokensWritten.Should().Be(60);
        generator.FinishReason.Should().Be(FinishReason.Length);
        (await generator.GenerateAsync("Once", _options)).Should().Be(expected);
    }

    [Fact]
    public async Task Several_at_once_over_one_model_give_what_each_gives_alone()
    {
        using var model = TinyWriter.Model();
        var expected = Enumerable.Range(0, 4).Select(i => new TextGenerator(model, TinyWriter.Tokenizer).Generate($"{i}", _options)).ToList();
        var texts = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => new TextGenerator(model, TinyWriter.Tokenizer).GenerateAsync($"{i}", _options)));
        texts.Should().Equal(expected);
    }

    [Fact]
    public async Task Cancelling_stops_it_with_the_usual_exception()
    {
        using var model = TinyWriter.Model();
        using var cancel = new CancellationTokenSource();
        var generator = new TextGenerator(model, TinyWriter.Tokenizer);
        var pieces = 0;
        var read = async () =>
        {
            await foreach (var _ in generator.StreamAsync("Once", _options with { MaxNewTokens = int.MaxValue }, cancel.Token))
                if (++pieces == 5) await cancel.CancelAsync();
        };
        await read.Should().ThrowAsync<OperationCanceledException>();
        var written = generator.TokensWritten;
        await Task.Delay(50);
        generator.TokensWritten.Should().Be(written, "the model has stopped");
        var before = () => generator.GenerateAsync("Once", _options, new CancellationToken(canceled: true));
        await before.Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task A_reader_that_leaves_stops_the_model()
    {
        using var model = TinyWriter.Model();
        var generator = new TextGenerator(model, TinyWriter.Tokenizer);
        await foreach (var _ in generator.StreamAsync("Once", _options with { MaxNewTokens = int.MaxValue })) break;
        var written = generator.TokensWritten;
        await Task.Delay(50);
        generator.TokensWritten.Should().Be(written);
    }

    [Fact]
    public async Task What_is_wrong_with_a_call_is_thrown_to_its_reader()
    {
        using var model = TinyWriter.Model();
        var options = () => new TextGenerator(model, TinyWriter.Tokenizer).StreamAsync("x", _options with { TopP = 0 });
        options.Should().Throw<OptionsException>().WithMessage("top_p*");
        var ids = async () =>
        {
            await foreach (var _ in BackgroundSequence.Run(_ => Failing(), default)) { }
        };
        await ids.Should().ThrowAsync<DataException>().WithMessage("after one");

        static IEnumerable<int> Failing()
        {
            yield return 1;
            throw new DataException("after one");
        }
    }
}
