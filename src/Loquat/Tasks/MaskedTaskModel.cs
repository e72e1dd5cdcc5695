using Loquat.Evaluation;
using Loquat.Models;
using Loquat.Text.Tokenization;

namespace Loquat.Tasks;

/// <summary>A masked model and its tokenizer, by pseudo-log-likelihoods (<see cref="MaskedLikelihood"/>).</summary>
public sealed class MaskedTaskModel : ITaskModel
{
    private static readonly string[] _masks = ["[MASK]", "<mask>"];

    private readonly EncoderModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly int _mask;
    private readonly IReadOnlyList<int> _begin, _end;

    /// <param name="model">With a head for masked tokens. Used, not owned.</param>
    /// <exception cref="OptionsException">The model has another head, or the tokenizer no mask token.</exception>
    public MaskedTaskModel(EncoderModel model, Tokenizer tokenizer, string name, string fingerprint)
    {
        (_model, Name, Fingerprint) = (model, name, fingerprint);
        _tokenizer = tokenizer.Components is { Truncation: null, Padding: null } ? tokenizer : tokenizer.With(null, null);
        if (model.Config.Head != Models.Heads.HeadKind.MaskedLanguage) throw new OptionsException($"{name}: the model has no head for masked tokens (it has {model.Config.Head}); by one texts are scored.");
        _mask = _masks.Select(_tokenizer.TokenToId).FirstOrDefault(id => id is not null) ?? throw new OptionsException($"{name}: the tokenizer has no mask token ({string.Join(" or ", _masks)}).");
        var encoding = _tokenizer.Encode("a");
        _begin = [.. encoding.Ids.TakeWhile((_, at) => encoding.SpecialTokensMask[at] == 1)];
        _end = [.. encoding.Ids.Reverse().TakeWhile((_, at) => encoding.SpecialTokensMask[encoding.Ids.Count - 1 - at] == 1).Reverse()];
    }

    public string Name { get; }

    public string Fingerprint { get; }

    public IReadOnlyList<TaskKind> Kinds { get; } = [TaskKind.MultipleChoice];

    /// <inheritdoc/>
    public ITaskScorer Scorer(TaskKind kind, IReadOnlyList<IReadOnlyList<(string Context, string Continuation)>> documents, string shared) =>
        new TokenTaskScorer([.. documents.Select(d => (IReadOnlyList<LikelihoodRequest>)[.. d.Select(Request)])], requests => new MaskedLikelihood(_model, _mask, _begin, _end, requests));

    public string Write(string prompt, TaskGeneration generation, int sample, CancellationToken cancellation) => throw new OptionsException($"{Name}: a masked model writes no texts.");

    private LikelihoodRequest Request((string Context, string Continuation) pair)
    {
        var (before, whole) = (_tokenizer.EncodeIds(pair.Context), _tokenizer.EncodeIds(pair.Context + pair.Continuation));
        return new(before, whole[Math.Min(before.Count, whole.Count)..]);
    }
}
