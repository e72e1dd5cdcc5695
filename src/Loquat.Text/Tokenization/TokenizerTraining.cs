using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Counting;
using Loquat.Text.Tokenization.Decoders;
using Loquat.Text.Tokenization.Models.Bpe;
using Loquat.Text.Tokenization.Models.Unigram;
using Loquat.Text.Tokenization.Models.WordLevel;
using Loquat.Text.Tokenization.Models.WordPiece;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.PostProcessors;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tokenization;

/// <summary>The tokenizers that can be learned from text, each with the components that the field uses with it.</summary>
public enum TokenizerKind
{
    /// <summary>Byte-level BPE as GPT-2's: every text comes back as it was.</summary>
    Bpe,

    /// <summary>BPE on characters with `▁` for spaces and bytes for what is unknown, as Llama 2's.</summary>
    BpeMetaspace,

    /// <summary>BPE on characters with `&lt;/w>` at the end of words, as GPT-1's: lower case; does not give the text back.</summary>
    BpeSuffix,

    /// <summary>WordPiece as uncased BERT's: lower case, no accents; does not give the text back.</summary>
    Wordpiece,

    /// <summary>Unigram as T5's: the likeliest segmentation; NFKC.</summary>
    Unigram,

    /// <summary>Whole words and punctuation; others are unknown.</summary>
    Wordlevel,

    /// <summary>One token a Unicode code point.</summary>
    Character,

    /// <summary>One token a byte of UTF-8, and `&lt;|endoftext|>`; nothing is learned.</summary>
    Byte,
}

/// <summary>Learns a whole tokenizer: components by its kind, vocabulary from text.</summary>
public static class TokenizerTraining
{
    private const string Space = "\u2581";

    /// <summary>Whether the size of the vocabulary is asked for; characters and bytes are as many as they are.</summary>
    public static bool HasSize(TokenizerKind kind) => kind is not (TokenizerKind.Character or TokenizerKind.Byte);

    /// <param name="kind">Model and components.</param>
    /// <param name="texts">Read once.</param>
    /// <param name="vocabSize">Tokens in all; not used for characters and bytes, and an upper bound for words.</param>
    /// <param name="counting">Threads, memory, progress, cancellation. Default: all processors.</param>
    /// <exception cref="OptionsException">The vocabulary has no room for its fixed tokens, or the text does not allow so many.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public static Tokenizer Train(TokenizerKind kind, IEnumerable<string> texts, int vocabSize, WordCountOptions? counting = null) =>
        Train(kind, texts, new TokenizerTrainingOptions { VocabSize = vocabSize }, counting);

    /// <param name="kind">Model and components.</param>
    /// <param name="texts">Read once.</param>
    /// <param name="options">Size, special tokens and what else the kind's trainer has.</param>
    /// <param name="counting">Threads, memory, progress, cancellation. Default: all processors.</param>
    /// <exception cref="OptionsException">The kind does not have an option, the vocabulary has no room for its fixed tokens, or the text does not allow so many.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public static Tokenizer Train(TokenizerKind kind, IEnumerable<string> texts, TokenizerTrainingOptions options, WordCountOptions? counting = null)
    {
        counting ??= new WordCountOptions();
        options.CheckedFor(kind);
        return kind switch
        {
            TokenizerKind.Bpe => ByteLevelBpe(texts, ByteLevel(options), counting),
            TokenizerKind.BpeMetaspace => BpeMetaspace(texts, options, counting),
            TokenizerKind.BpeSuffix => BpeSuffix(texts, options, counting),
            TokenizerKind.Byte => Tokenizer.ByteLevelBpe([.. Enumerable.Range(0, 256).Select(b => ByteAlphabet.Character((byte)b).ToString())], [], With(["<|endoftext|>"], options), SplitPattern.Gpt2),
            TokenizerKind.Wordpiece => Wordpiece(texts, options, counting),
            TokenizerKind.Unigram => Unigram(texts, options, counting),
            TokenizerKind.Wordlevel => Wordlevel(texts, options, counting),
            _ => CharacterTokenizer.Train(texts, options.SpecialTokens, counting.Cancellation),
        };
    }

    /// <summary>Learns a byte-level BPE.</summary>
    /// <param name="texts">Read once.</param>
    /// <param name="counting">Threads, memory, progress.</param>
    /// <exception cref="OptionsException">The vocabulary has no room for the bytes, or the text does not allow so many tokens.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public static Tokenizer ByteLevelBpe(IEnumerable<string> texts, BpeTrainerOptions options, WordCountOptions? counting = null)
    {
        if (!options.ByteLevel) throw new OptionsException("byte_level is false: count the words with the tokenizer's own pre-tokenizer and call BpeTrainer.Learn.");
        BpeTrainer.Check(options);
        var words = WordCounts.Of(texts, WordSplitter.ByteLevel(options.Pattern), counting);
        var learned = BpeTrainer.Learn(words, options, counting?.Cancellation ?? default);
        return Tokenizer.ByteLevelBpe(learned.Tokens, learned.Merges, options.SpecialTokens, options.Pattern);
    }

    /// <summary>The special tokens of a kind, and after them those asked for that it does not have anyway.</summary>
    private static string[] With(IReadOnlyList<string> own, TokenizerTrainingOptions given) => [.. own, .. given.SpecialTokens.Except(own, StringComparer.Ordinal)];

    private static BpeTrainerOptions ByteLevel(TokenizerTrainingOptions given)
    {
        var options = new BpeTrainerOptions { VocabSize = given.VocabSize, MinFrequency = given.MinFrequency ?? 0, MaxTokenLength = given.MaxTokenLength, AllowFewerTokens = given.AllowFewerTokens };
        return options with { SpecialTokens = With(options.SpecialTokens, given), Pattern = given.Pattern ?? options.Pattern };
    }

    /// <summary>On characters.</summary>
    private static BpeTrainerOptions Bpe(TokenizerTrainingOptions given) => ByteLevel(given) with { ByteLevel = false, InitialAlphabet = given.Alphabet };

    private static Tokenizer BpeMetaspace(IEnumerable<string> texts, TokenizerTrainingOptions given, WordCountOptions counting)
    {
        var special = With(["<unk>", "<s>", "</s>"], given);
        var bytes = Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>");
        var words = Count(texts, null, new MetaspacePreTokenizer(), counting);
        // A character that is too rare for the vocabulary is spelled in bytes.
        var learned = LearnWithin(words, Bpe(given) with { SpecialTokens = [.. special, .. bytes] }, size => given.LimitAlphabet ?? Math.Max(1, (size - 256 - special.Length) / 2), counting.Cancellation);
        return new Tokenizer(new TokenizerComponents
        {
            AddedTokens = Special(special),
            Normalizer = new NormalizerSequence(new PrependNormalizer(Space), new ReplaceNormalizer(" ", Space)),
            Model = new BpeModel(learned.Tokens, learned.Merges, new BpeModelOptions { UnkToken = "<unk>", FuseUnk = true, ByteFallback = true }),
            Decoder = new DecoderSequence(new ReplaceDecoder(new StringPattern(Space), " "), new ByteFallbackDecoder(), new FuseDecoder(), new StripDecoder(" ", 1, 0)),
        });
    }

    /// <summary>Learns with an alphabet that grows with the vocabulary, and so with it the most tokens that the text allows: the number that the error names is one that works.</summary>
    /// <param name="limit">The most characters of a vocabulary of a size.</param>
    private static BpeVocabulary LearnWithin(WordCounts words, BpeTrainerOptions options, Func<int, int> limit, CancellationToken cancellation)
    {
        BpeVocabulary Learn(int size) => BpeTrainer.Learn(words, options with { VocabSize = size, LimitAlphabet = limit(size), AllowFewerTokens = true }, cancellation);
        var learned = Learn(options.VocabSize);
        if (learned.Tokens.Count >= options.VocabSize || options.AllowFewerTokens) return learned;
        var size = options.VocabSize;
        for (; learned.Tokens.Count < size; learned = Learn(size)) size = learned.Tokens.Count;
        throw new OptionsException($"vocab_size is {options.VocabSize}, but the text allows only {size} tokens. Give more text, or set vocab_size to at most {size}.");
    }

    private static Tokenizer BpeSuffix(IEnumerable<string> texts, TokenizerTrainingOptions given, WordCountOptions counting)
    {
        const string Suffix = "</w>";
        var special = With(["<unk>"], given);
        var (normalizer, preTokenizer) = (new NormalizerSequence(UnicodeForm.Nfc, new LowercaseNormalizer()), new BertPreTokenizer());
        var options = Bpe(given) with { SpecialTokens = special, EndOfWordSuffix = Suffix };
        // Characters are there twice each: alone and with the suffix.
        var learned = LearnWithin(Count(texts, normalizer, preTokenizer, counting), options, size => given.LimitAlphabet ?? Math.Max(1, (size - 1) / 4), counting.Cancellation);
        return new Tokenizer(new TokenizerComponents
        {
            AddedTokens = Special(special),
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Model = new BpeModel(learned.Tokens, learned.Merges, new BpeModelOptions { UnkToken = "<unk>", EndOfWordSuffix = Suffix }),
            Decoder = new BpeDecoder(Suffix),
        });
    }

    private static Tokenizer Wordpiece(IEnumerable<string> texts, TokenizerTrainingOptions given, WordCountOptions counting)
    {
        var options = new WordPieceTrainerOptions
        {
            VocabSize = given.VocabSize,
            MinFrequency = given.MinFrequency ?? 0,
            LimitAlphabet = given.LimitAlphabet ?? 1000,
            InitialAlphabet = given.Alphabet,
            AllowFewerTokens = given.AllowFewerTokens,
        };
        options = options with { SpecialTokens = With(options.SpecialTokens, given) };
        var (normalizer, preTokenizer) = (new BertNormalizer(), new BertPreTokenizer());
        var tokens = WordPieceTrainer.Learn(Count(texts, normalizer, preTokenizer, counting), options, counting.Cancellation);
        return new Tokenizer(new TokenizerComponents
        {
            AddedTokens = Special(options.SpecialTokens),
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Model = new WordPieceModel(tokens),
            PostProcessor = new BertProcessing(("[SEP]", 3), ("[CLS]", 2)),
            Decoder = new WordPieceDecoder(),
        });
    }

    private static Tokenizer Unigram(IEnumerable<string> texts, TokenizerTrainingOptions given, WordCountOptions counting)
    {
        var special = With(["<pad>", "</s>", "<unk>"], given);
        var normalizer = new NormalizerSequence(new NmtNormalizer(), UnicodeForm.Nfkc, ReplaceNormalizer.AtRegex(" {2,}", " "));
        var preTokenizer = new MetaspacePreTokenizer();
        var options = new UnigramTrainerOptions { VocabSize = given.VocabSize, SpecialTokens = special, UnkToken = "<unk>", Threads = counting.Threads, InitialAlphabet = given.Alphabet, AllowFewerTokens = given.AllowFewerTokens };
        options = options with { MaxPieceLength = given.MaxTokenLength ?? options.MaxPieceLength, ShrinkingFactor = given.ShrinkingFactor ?? options.ShrinkingFactor, SeedSize = given.SeedSize ?? options.SeedSize };
        var learned = UnigramTrainer.Learn(
            Count(texts, normalizer, preTokenizer, counting), options, counting.Cancellation);
        return new Tokenizer(new TokenizerComponents
        {
            AddedTokens = Special(special),
            Normalizer = normalizer,
            PreTokenizer = preTokenizer,
            Model = new UnigramModel([.. learned.Pieces], learned.UnkId),
            Decoder = new MetaspaceDecoder(),
        });
    }

    private static Tokenizer Wordlevel(IEnumerable<string> texts, TokenizerTrainingOptions given, WordCountOptions counting)
    {
        string[] special = ["[UNK]", "[PAD]", "[SEP]", .. given.SpecialTokens];
        var preTokenizer = new WhitespacePreTokenizer();
        var tokens = WordLevelTrainer.Learn(Count(texts, UnicodeForm.Nfc, preTokenizer, counting), new WordLevelTrainerOptions { VocabSize = given.VocabSize, SpecialTokens = special, MinFrequency = given.MinFrequency ?? 0 });
        return new Tokenizer(new TokenizerComponents
        {
            AddedTokens = Special(special),
            Normalizer = UnicodeForm.Nfc,
            PreTokenizer = preTokenizer,
            Model = new WordLevelModel(tokens, "[UNK]"),
        });
    }

    private static WordCounts Count(IEnumerable<string> texts, Normalizer? normalizer, PreTokenizer preTokenizer, WordCountOptions counting) =>
        WordCounts.Of(texts, WordSplitter.From(normalizer, preTokenizer), counting);

    private static IReadOnlyList<AddedToken> Special(IEnumerable<string> texts) => [.. texts.Select(text => new AddedToken(text) { Special = true })];
}
