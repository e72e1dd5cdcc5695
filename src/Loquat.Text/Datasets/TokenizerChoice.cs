using System.Globalization;
using Loquat.Text.Collection;
using Loquat.Text.Tokenization;

namespace Loquat.Text.Datasets;

/// <summary>Which tokenizer a data set is made with.</summary>
public sealed record TokenizerChoice
{
    /// <summary>What to learn, where there is no <see cref="Path"/>.</summary>
    public TokenizerKind Kind { get; init; } = TokenizerKind.Bpe;

    /// <summary>Tokens to learn (BPE).</summary>
    public int VocabSize { get; init; } = 4096;

    /// <summary>Special tokens that a learned one has beside those of its kind. Default: none.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Whether a text that is read whole ends with the token that ends texts, and begins with none, as those of encoder-decoders do. Default: it begins with the token that ends documents.</summary>
    public bool EndsTexts { get; init; }

    /// <summary>A tokenizer file to use instead of learning one.</summary>
    public string? Path { get; init; }

    /// <summary>UTF-8 bytes of training text that a tokenizer learns from at most: more changes a vocabulary little. Default: 256 MB.</summary>
    public long TrainingBytes { get; init; } = 256_000_000;

    /// <summary>How often the training text is written, each time cut anew by chance; 0: once, without chance. Validation text is never cut by chance. Default: 0.</summary>
    public int SamplingPasses { get; init; }

    /// <summary>What is drawn, where <see cref="SamplingPasses"/> is above 0. What comes out depends on the text and these options alone.</summary>
    public SubwordSampling Sampling { get; init; } = new();

    /// <summary>What documents become; null: the tokens of their text.</summary>
    public IDocumentEncoder? Documents { get; init; }

    /// <summary>Changes with whatever would change the tokenizer or the tokens.</summary>
    internal string Fingerprint
    {
        get
        {
            var tokenizer = Path is null ? $"{Kind}:{(TokenizerTraining.HasSize(Kind) ? VocabSize : 0)}:{TrainingBytes}{(SpecialTokens.Count > 0 ? $":{string.Join(' ', SpecialTokens)}" : "")}" : $"file:{FileHash.Of(Path):x16}";
            if (EndsTexts) tokenizer += ":ended";
            if (Documents is not null) tokenizer += $":{Documents.Fingerprint}";
            return SamplingPasses == 0 ? tokenizer : string.Create(CultureInfo.InvariantCulture, $"{tokenizer}:{SamplingPasses}x{Sampling.Alpha:R}:{Sampling.NbestSize}");
        }
    }

    /// <summary>Loads or learns it.</summary>
    /// <exception cref="DataException">The file is missing or damaged.</exception>
    /// <exception cref="OptionsException">The text does not allow so many tokens.</exception>
    /// <returns>A tokenizer that begins a text as training does: with the token that ends documents, for it stands before each.</returns>
    internal Tokenizer Make(ITextCorpus corpus, Action<long> bytesRead, CancellationToken cancellation)
    {
        var tokenizer = Path is not null ? Tokenizer.Load(Path)
            : TokenizerTraining.Train(Kind, Texts(corpus, bytesRead, cancellation), new TokenizerTrainingOptions { VocabSize = VocabSize, SpecialTokens = SpecialTokens }, new() { Cancellation = cancellation });
        if (Documents is not null) tokenizer = Documents.Complete(tokenizer);
        if (EndsTexts && (tokenizer.TokenToId("[SEP]") ?? tokenizer.TokenToId("</s>") ?? TokenDataset.EndOfTextOf(tokenizer)) is { } last) return BeginAndEndTokens.With(tokenizer, null, last);
        return TokenDataset.EndOfTextOf(tokenizer) is { } end ? BeginAndEndTokens.With(tokenizer, end, null) : tokenizer;
    }

    private IEnumerable<string> Texts(ITextCorpus corpus, Action<long> bytesRead, CancellationToken cancellation)
    {
        long read = 0;
        foreach (var document in corpus.Training())
        {
            cancellation.ThrowIfCancellationRequested();
            yield return Documents?.TextOf(document) ?? document.Text;
            read += System.Text.Encoding.UTF8.GetByteCount(document.Text);
            bytesRead(read);
            if (read >= TrainingBytes) yield break;
        }
    }
}
