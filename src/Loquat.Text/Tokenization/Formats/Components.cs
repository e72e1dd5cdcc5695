using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Decoders;
using Loquat.Text.Tokenization.Json;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.PostProcessors;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tokenization.Formats;

/// <summary>The one place where the parts of a tokenizer are registered: the `type` in `tokenizer.json` and what it makes.</summary>
internal static class Components
{
    public static Normalizer ReadNormalizer(JsonField field) => field["type"].String() switch
    {
        "NFC" => UnicodeForm.Nfc,
        "NFD" => UnicodeForm.Nfd,
        "NFKC" => UnicodeForm.Nfkc,
        "NFKD" => UnicodeForm.Nfkd,
        "Lowercase" => new LowercaseNormalizer(),
        "Strip" => new StripNormalizer(field.Bool("strip_left", true), field.Bool("strip_right", true)),
        "StripAccents" => new StripAccentsNormalizer(),
        "Replace" => new ReplaceNormalizer(TextPattern.Read(field["pattern"]), field["content"].String()),
        "Prepend" => new PrependNormalizer(field["prepend"].String()),
        "Nmt" => new NmtNormalizer(),
        "Precompiled" => new PrecompiledNormalizer(field.String("precompiled_charsmap") ?? "", $"{field.Place}.precompiled_charsmap"),
        "BertNormalizer" => new BertNormalizer(field.Bool("clean_text", true), field.Bool("handle_chinese_chars", true), field.Optional("strip_accents")?.Bool(), field.Bool("lowercase", true)),
        "ByteLevel" => new ByteLevelNormalizer(),
        "Sequence" => new NormalizerSequence([.. field["normalizers"].Items().Select(ReadNormalizer)]),
        _ => throw Unknown(field, "normalizer", "NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Replace, Prepend, Nmt, Precompiled, BertNormalizer, ByteLevel, Sequence"),
    };

    public static PreTokenizer ReadPreTokenizer(JsonField field) => field["type"].String() switch
    {
        "ByteLevel" => new ByteLevelPreTokenizer(field.Bool("add_prefix_space", true), field.Bool("trim_offsets", true), field.Bool("use_regex", true)),
        "Split" => new SplitPreTokenizer(TextPattern.Read(field["pattern"]), Behavior(field["behavior"]), field.Bool("invert", false)),
        "Whitespace" => new WhitespacePreTokenizer(),
        "WhitespaceSplit" => new WhitespaceSplitPreTokenizer(),
        "BertPreTokenizer" => new BertPreTokenizer(),
        "Digits" => new DigitsPreTokenizer(field.Bool("individual_digits", false)),
        "Punctuation" => new PunctuationPreTokenizer(field.Optional("behavior") is { } behavior ? Behavior(behavior) : SplitBehavior.Isolated),
        "Metaspace" => new MetaspacePreTokenizer(field["replacement"].Character(), Scheme(field), field.Bool("split", true)),
        "CharDelimiterSplit" => new CharDelimiterSplitPreTokenizer(field["delimiter"].Character()),
        "UnicodeScripts" => new UnicodeScriptsPreTokenizer(),
        "FixedLength" => new FixedLengthPreTokenizer(field.Optional("length")?.Int(1) ?? 5),
        "Sequence" => new PreTokenizerSequence([.. field["pretokenizers"].Items().Select(ReadPreTokenizer)]),
        _ => throw Unknown(field, "pre-tokenizer", "ByteLevel, Split, Whitespace, WhitespaceSplit, BertPreTokenizer, Digits, Punctuation, Metaspace, CharDelimiterSplit, UnicodeScripts, FixedLength, Sequence"),
    };

    public static PostProcessor ReadPostProcessor(JsonField field) => field["type"].String() switch
    {
        "TemplateProcessing" => TemplateProcessing.Read(field),
        "BertProcessing" => new BertProcessing(NamedId(field["sep"]), NamedId(field["cls"])),
        "RobertaProcessing" => new RobertaProcessing(NamedId(field["sep"]), NamedId(field["cls"]), field.Bool("trim_offsets", true), field.Bool("add_prefix_space", true)),
        "ByteLevel" => new ByteLevelProcessing(field.Bool("add_prefix_space", true), field.Bool("trim_offsets", true), field.Bool("use_regex", true)),
        "Sequence" => new PostProcessorSequence([.. field["processors"].Items().Select(ReadPostProcessor)]),
        _ => throw Unknown(field, "post-processor", "TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence"),
    };

    public static Decoder ReadDecoder(JsonField field) => field["type"].String() switch
    {
        "ByteLevel" => new ByteLevelDecoder(field.Bool("add_prefix_space", true), field.Bool("trim_offsets", true), field.Bool("use_regex", true)),
        "WordPiece" => new WordPieceDecoder(field.String("prefix") ?? "##", field.Bool("cleanup", true)),
        "BPEDecoder" => new BpeDecoder(field.String("suffix") ?? "</w>"),
        "Metaspace" => new MetaspaceDecoder(field["replacement"].Character(), Scheme(field), field.Bool("split", true)),
        "CTC" => new CtcDecoder(field.String("pad_token") ?? "<pad>", field.String("word_delimiter_token") ?? "|", field.Bool("cleanup", true)),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Strip" => new StripDecoder(field["content"].Character(), field["start"].Int(), field["stop"].Int()),
        "Replace" => new ReplaceDecoder(TextPattern.Read(field["pattern"]), field["content"].String()),
        "Sequence" => new DecoderSequence([.. field["decoders"].Items().Select(ReadDecoder)]),
        _ => throw Unknown(field, "decoder", "ByteLevel, WordPiece, BPEDecoder, Metaspace, CTC, ByteFallback, Fuse, Strip, Replace, Sequence"),
    };

    private static (string, int) NamedId(JsonField field) =>
        field.Items() is { Count: 2 } items ? (items[0].String(), items[1].Int()) : throw field.Expected("a token and its id");

    private static DataException Unknown(JsonField field, string kind, string known) =>
        field["type"].Wrong($"'{field["type"].String()}' is not a known {kind}; known are {known}.");

    private static SplitBehavior Behavior(JsonField field) => field.String() switch
    {
        "Removed" or "removed" => SplitBehavior.Removed,
        "Isolated" or "isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" or "merged_with_previous" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" or "merged_with_next" => SplitBehavior.MergedWithNext,
        "Contiguous" or "contiguous" => SplitBehavior.Contiguous,
        _ => throw field.Expected("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous"),
    };

    // Files before version 0.15 have add_prefix_space alone.
    private static PrependScheme Scheme(JsonField field) => field.Optional("prepend_scheme") is not { } scheme
        ? field.Bool("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never
        : scheme.String() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw scheme.Expected("always, first or never"),
        };
}
