using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Decoders;
using Loquat.Text.Tokenization.Formats;
using Loquat.Text.Tokenization.Models;
using Loquat.Text.Tokenization.Models.Bpe;
using Loquat.Text.Tokenization.Models.SentencePiece;
using Loquat.Text.Tokenization.Pipeline;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tokenization;

/// <summary>
/// Text to token ids and back, as Hugging Face tokenizers does it. Immutable; any number of threads may use one. A lone surrogate is read as U+FFFD.
/// </summary>
public sealed partial class Tokenizer : ITokenNames
{
    private readonly AddedVocabulary _added;
    private readonly WorkspacePool _workspaces = new();
    private readonly FastEncoder? _fast;
    private readonly WholeEncoder _whole; // of the pieces that the parts one by one make
    private readonly bool _needsAlignment;

    public Tokenizer(TokenizerComponents components)
    {
        Components = components;
        _added = new(components.AddedTokens, components.Model, components.Normalizer);
        // Tokens that stand in normalized text have to be found there, before an encoder that normalizes word by word.
        _fast = FastEncoder.Create(_added.Normalized.IsEmpty ? components.Normalizer : null, components.PreTokenizer, components.Model);
        _whole = new(components.Model);
        _decoder = new(() => FastDecoder.Create(this, components.Decoder));
        _needsAlignment = FastEncoder.UsesFirst(components.PreTokenizer);
        VocabSize = Math.Max(components.Model.IdLimit, _added.IdLimit);
        var control = components.Model is SentencePieceTokenizerModel pieces ? pieces.ControlPieces : [];
        SpecialTokens = [.. control, .. _added.Tokens.Where(t => t.Token.Special).Select(t => t.Token.Content)];
    }

    /// <summary>What it is made of.</summary>
    public TokenizerComponents Components { get; }

    /// <summary>Ids are below this.</summary>
    public int VocabSize { get; }

    /// <summary>Texts that are tokens of their own wherever they occur, such as `&lt;|endoftext|&gt;`, and that decoding may leave out.</summary>
    public IReadOnlyList<string> SpecialTokens { get; }

    internal TokenizerModel Model => Components.Model;

    /// <summary>Every id's token; empty where an id has none.</summary>
    internal IReadOnlyList<string> Tokens => [.. Enumerable.Range(0, VocabSize).Select(id => IdToToken(id) ?? "")];

    internal IReadOnlyList<AddedTokenText> AddedTokens => _added.Tokens;

    /// <summary>A learned byte-level BPE.</summary>
    internal static Tokenizer ByteLevelBpe(IReadOnlyList<string> vocabulary, IReadOnlyList<(int Left, int Right)> merges, IReadOnlyList<string> special, SplitPattern pattern, bool ignoreMerges = false) => new(new TokenizerComponents
    {
        AddedTokens = [.. special.Select(text => new AddedToken(text) { Special = true })],
        PreTokenizer = pattern == SplitPattern.Gpt2
            ? new ByteLevelPreTokenizer(addPrefixSpace: false)
            : new PreTokenizerSequence(SplitPreTokenizer.AtRegex(pattern.Regex), new ByteLevelPreTokenizer(addPrefixSpace: false, useRegex: false)),
        Model = new BpeModel(vocabulary, merges, new BpeModelOptions { IgnoreMerges = ignoreMerges }),
        Decoder = new ByteLevelDecoder(addPrefixSpace: false),
    });

    /// <summary>
    /// Reads a tokenizer: a `tokenizer.json`, a sentencepiece `.model`, `vocab.json` with `merges.txt` beside it, BERT's `vocab.txt`, or a tiktoken file of ranks;
    /// or the folder that holds one, in this order.
    /// </summary>
    /// <exception cref="DataException">Missing, damaged, or of a kind that Loquat does not read; the message says where.</exception>
    public static Tokenizer Load(string path) => TokenizerFiles.Load(path);

    /// <summary>Writes a `tokenizer.json` that Hugging Face tokenizers reads.</summary>
    public void Save(string path) => TokenizerJson.Write(this, path);

    /// <summary>The same tokenizer with other truncation and padding.</summary>
    public Tokenizer With(TruncationOptions? truncation, PaddingOptions? padding) => new(Components with { Truncation = truncation, Padding = padding });

    public int? TokenToId(string token) => _added.Find(token) ?? Model.TokenToId(token);

    public string? IdToToken(int id) => _added.Token(id) ?? Model.IdToToken(id);

    public bool IsSpecial(int id) => Model.IsSpecial(id) || IdToToken(id) is { } token && _added.IsSpecial(token);
}
