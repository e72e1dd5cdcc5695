using Loquat.Evaluation;
using Loquat.Generation;
using Loquat.Models;
using Loquat.Text.Tokenization;

namespace Loquat.Tasks;

/// <summary>An encoder-decoder and its tokenizer: the encoder reads the prompt, and what follows it is what the decoder writes.</summary>
public sealed class EncoderDecoderTaskModel : ITaskModel
{
    private readonly EncoderDecoderModel _model;
    private readonly Tokenizer _tokenizer;

    /// <param name="model">Used, not owned.</param>
    public EncoderDecoderTaskModel(EncoderDecoderModel model, Tokenizer tokenizer, string name, string fingerprint)
    {
        (_model, Name, Fingerprint) = (model, name, fingerprint);
        _tokenizer = tokenizer.Components is { Truncation: null, Padding: null } ? tokenizer : tokenizer.With(null, null);
    }

    public string Name { get; }

    public string Fingerprint { get; }

    public IReadOnlyList<TaskKind> Kinds { get; } = [TaskKind.MultipleChoice, TaskKind.Continuation, TaskKind.Generation];

    /// <inheritdoc/>
    public ITaskScorer Scorer(TaskKind kind, IReadOnlyList<IReadOnlyList<(string Context, string Continuation)>> documents, string shared) =>
        new TokenTaskScorer([.. documents.Select(d => (IReadOnlyList<LikelihoodRequest>)[.. d.Select(Request)])], requests => new EncoderDecoderLikelihood(_model, requests));

    /// <inheritdoc/>
    public string Write(string prompt, TaskGeneration generation, int sample, CancellationToken cancellation) =>
        new TextGenerator(_model, _tokenizer).Generate(prompt, CausalTaskModel.Sampling(generation, sample), cancellation);

    // A decoder begins a text: white space before its first word is none of it.
    private LikelihoodRequest Request((string Context, string Continuation) pair) =>
        new(_tokenizer.Encode(pair.Context).Ids, _tokenizer.EncodeIds(pair.Continuation.TrimStart()));
}
