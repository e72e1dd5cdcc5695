using System.Text.RegularExpressions;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Cleaning;
using Loquat.Corpus.Preprocessing.Decontamination;
using Loquat.Corpus.Preprocessing.Deduplication;
using Loquat.Corpus.Preprocessing.Filters;
using Loquat.Corpus.Preprocessing.Languages;
using Loquat.Corpus.Preprocessing.Repair;

namespace Loquat.Corpus.Preprocessing.Steps;

/// <summary>Every step by its name: the one place where they are registered.</summary>
public static class StepCatalog
{
    /// <summary>Names and what they do, in the order in which a recipe usually has them.</summary>
    public static IReadOnlyList<(string Name, string Description)> All { get; } =
    [
        ("repair", "mojibake, character references, ligatures, widths, quotes, line ends, control characters: what ftfy does (settings: uncurl_quotes, width, entities)"),
        ("repair_encoding", "mojibake alone"),
        ("normalize", "a Unicode normal form (form: nfc, nfd, nfkc or nfkd)"),
        ("strip_html", "tags out of text that has some"),
        ("remove_invisible", "control and format characters"),
        ("tidy_lines", "single spaces, LF, at most one blank line"),
        ("collapse_whitespace", "every run of white space one space"),
        ("lowercase", "lower case (language: tr and az have a dotless i)"),
        ("remove_punctuation", "characters of category P"),
        ("remove_symbols", "characters of category S"),
        ("strip_accents", "letters without accents"),
        ("mask_urls", "addresses become <url>"),
        ("mask_emails", "e-mail addresses become <email>"),
        ("mask_phones", "telephone numbers become <phone>"),
        ("mask_ips", "IPv4 addresses become <ip>"),
        ("mask_cards", "card numbers become <card>"),
        ("mask_ibans", "account numbers become <iban>"),
        ("mask_numbers", "numbers become <num>"),
        ("example_addresses", "e-mail and public IP addresses become ones of no one, as in FineWeb"),
        ("symbol_lines", "lines of symbols alone are removed"),
        ("boilerplate_lines", "lines that match a regular expression are removed (pattern)"),
        ("sentences", "each sentence a line of its own; paragraphs keep their blank line (language: default the document's)"),
        ("windows", "divides documents into windows of words (size, overlap, drop_last; keep: sentences or paragraphs are not cut; language)"),
        ("language", "names each document's language, and keeps some (keep: eng+deu; min_probability: 0.5)"),
        ("length", "keeps documents by their characters (min, max)"),
        ("stop_list", "drops documents that contain a word of a file, one a line (file)"),
        ("gopher_quality", "the quality rules of Gopher (min_doc_words, max_doc_words, min_stop_words)"),
        ("gopher_repetition", "the repetition rules of Gopher"),
        ("c4", "the rules of C4, line by line (terminal_punctuation: false as in FineWeb; min_sentences)"),
        ("fineweb", "the rules of FineWeb"),
        ("exact_dedup", "the first of equal texts stays (normal: true compares them in normal form)"),
        ("url_dedup", "the first document of an address stays"),
        ("near_dedup", "the first of near duplicates stays (threshold, shingle_size, permutations, seed)"),
        ("substring_dedup", "passages that came before are removed (min_tokens)"),
        ("sentence_dedup", "rows of sentences that came before are removed (sentences, min_doc_words, min_sentences)"),
        ("decontaminate", "drops documents that share n-grams with an evaluation set, JSON lines with a text and a set (file; n: a number or gpt3)"),
    ];

    /// <summary>Makes a step of a name and its settings.</summary>
    /// <exception cref="OptionsException">No such step, no such setting, or a value that cannot be.</exception>
    public static PreprocessingStep Create(StepSettings settings)
    {
        var reader = new SettingReader(settings);
        var step = Make(settings.Name, reader) ?? throw new OptionsException(
            $"there is no step '{settings.Name}'.{(NearestName.Find(settings.Name, All.Select(s => s.Name)) is { } near ? $" Did you mean {near}?" : "")} The steps are {string.Join(", ", All.Select(s => s.Name))}.");
        reader.Finish();
        return step;
    }

    private static PreprocessingStep? Make(string name, SettingReader settings) => name switch
    {
        "repair" => Text(name, new TextRepair(new()
        {
            UncurlQuotes = settings.Switch("uncurl_quotes", false),
            FixCharacterWidth = settings.Switch("width", false),
            UnescapeHtml = settings.Switch("entities", true) ? EntityDecoding.Auto : EntityDecoding.Never,
        }).Apply),
        "repair_encoding" => Text(name, new TextRepair(TextRepairOptions.EncodingOnly).Apply),
        "normalize" => Text(name, Form(settings.Text("form") ?? "nfc").Apply),
        "strip_html" => Text(name, HtmlText.Strip),
        "remove_invisible" => Text(name, PlainText.RemoveInvisible),
        "tidy_lines" => Text(name, PlainText.TidyLines),
        "collapse_whitespace" => Text(name, PlainText.CollapseWhiteSpace),
        "lowercase" => Lowercase(name, settings.Text("language")),
        "remove_punctuation" => Text(name, PlainText.RemovePunctuation),
        "remove_symbols" => Text(name, PlainText.RemoveSymbols),
        "strip_accents" => Text(name, PlainText.StripAccents),
        "mask_urls" => Text(name, text => Masks.Urls(text)),
        "mask_emails" => Text(name, text => Masks.Emails(text)),
        "mask_phones" => Text(name, text => Masks.Phones(text)),
        "mask_ips" => Text(name, text => Masks.Ips(text)),
        "mask_cards" => Text(name, text => Masks.Cards(text)),
        "mask_ibans" => Text(name, text => Masks.Ibans(text)),
        "mask_numbers" => Text(name, text => Masks.Numbers(text)),
        "example_addresses" => Text(name, text => new ExampleAddresses().Replace(text)),
        "symbol_lines" => Text(name, SymbolLines.Remove),
        "boilerplate_lines" => BoilerplateLines(name, settings.Text("pattern") ?? throw new OptionsException($"step {name} needs a pattern: {name}:pattern=^Share this.")),
        "sentences" => SegmentationSteps.Sentences(name, settings.Text("language")),
        "windows" => SegmentationSteps.Windows(name, settings.Whole("size", 512, 1), settings.Whole("overlap", 0), settings.Switch("drop_last", false), settings.Text("keep"), settings.Text("language")),
        "language" => Language(name, settings),
        "length" => Length(name, settings.Whole("min", 1), settings.Whole("max", int.MaxValue)),
        "stop_list" => StopList(name, settings.Text("file") ?? throw new OptionsException($"step {name} needs a file: {name}:file=words.txt.")),
        "gopher_quality" => Filter(name, new GopherQuality(new()
        {
            MinDocWords = settings.Whole("min_doc_words", 50),
            MaxDocWords = settings.Whole("max_doc_words", 100_000),
            MinStopWords = settings.Whole("min_stop_words", 2),
        })),
        "gopher_repetition" => Filter(name, new GopherRepetition(new() { MinWords = settings.Whole("min_words", 0) })),
        "fineweb" => Filter(name, new FineWebQuality()),
        "c4" => C4(name, new(new() { FilterNoTerminalPunct = settings.Switch("terminal_punctuation", true), MinNumSentences = settings.Whole("min_sentences", 5, -1) })),
        "exact_dedup" => settings.Switch("normal", false) ? new FirstOnlyStep(name, d => PlainText.Normal(d.Text), "duplicate") : new FirstOnlyStep(name, d => d.Text, "duplicate"),
        "url_dedup" => new FirstOnlyStep(name, d => d.Url is { } url ? Urls.Canonical(url) : null, "duplicate_url"),
        "near_dedup" => new NearDuplicateStep(name, new()
        {
            Threshold = settings.Number("threshold", 0.8, 0.05, 1),
            ShingleSize = settings.Whole("shingle_size", 5, 1, 100),
            Permutations = settings.Whole("permutations", 128, 8, 4096),
            Seed = (ulong)settings.Whole("seed", 1),
        }),
        "substring_dedup" => new RepeatedSpansStep(name, settings.Whole("min_tokens", 50, 1)),
        "sentence_dedup" => new RepeatedSentencesStep(name, new() { Sentences = settings.Whole("sentences", 3, 1), MinDocWords = settings.Whole("min_doc_words", 50), MinNumSentences = settings.Whole("min_sentences", 3) }),
        "decontaminate" => EvaluationSteps.Create(name, settings.Text("file") ?? throw new OptionsException($"step {name} needs a file: {name}:file=evaluation.jsonl."), settings.Text("n") ?? "13"),
        _ => null,
    };

    private static DocumentStep Text(string name, Func<string, string> change) => new(name, document => StepResult.Changed(document, change(document.Text)));

    private static DocumentStep Filter(string name, QualityFilter filter) => new(name, document => filter.FirstFailure(document.Text) is { } reason ? StepResult.Drop(reason) : StepResult.Keep(document));

    private static NormalForm Form(string name) => NormalForm.Find(name) ?? throw new OptionsException($"step normalize: form is '{name}'; it must be nfc, nfd, nfkc or nfkd.");

    private static DocumentStep Lowercase(string name, string? language) => new(name, document => StepResult.Changed(document, Casing.Lower(document.Text, language ?? document.Language)));

    private static DocumentStep C4(string name, C4Quality filter) => new(name, document =>
    {
        var decision = filter.Decide(document.Text);
        return decision.Text is { } left ? StepResult.Changed(document, left) : StepResult.Drop(decision.Reason!);
    });

    private static DocumentStep Length(string name, int least, int most) => new(name, document =>
        WhiteSpace.CodePoints(document.Text) is var length && length < least ? StepResult.Drop("too_short") : length > most ? StepResult.Drop("too_long") : StepResult.Keep(document));

    private static DocumentStep Language(string name, SettingReader settings)
    {
        var (keep, least) = (settings.List("keep"), settings.Number("min_probability", 0, 0, 1));
        var model = settings.Text("model") is { } path ? LanguageModel.Load(path) : LanguageModel.Default;
        foreach (var language in keep ?? [])
            if (!model.Languages.Contains(language)) throw new OptionsException($"step {name}: keep names '{language}', which the model does not know; it knows {string.Join(", ", model.Languages)}.");
        return new(name, document =>
        {
            var guess = model.Identify(document.Text);
            if (guess.Probability < least) return StepResult.Drop("uncertain_language");
            if (keep is not null && !keep.Contains(guess.Language)) return StepResult.Drop($"language_{guess.Language}");
            return StepResult.Keep(document with { Language = guess.Language });
        });
    }

    private static DocumentStep BoilerplateLines(string name, string pattern)
    {
        Regex regex;
        try
        {
            regex = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new OptionsException($"step {name}: the pattern '{pattern}' cannot be used: {error.Message}", error);
        }
        return Text(name, text => string.Join('\n', text.Split('\n').Where(line => !regex.IsMatch(line))));
    }

    private static DocumentStep StopList(string name, string file)
    {
        HashSet<string> words;
        try
        {
            words = [.. File.ReadLines(file).Select(Casing.Fold).Select(w => w.Trim()).Where(w => w.Length > 0)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{file}: cannot be read: {error.Message}", error);
        }
        return new(name, document =>
        {
            var text = PlainText.Normal(document.Text);
            foreach (var word in new WordSpans(text))
                if (words.Contains(Casing.Fold(word.Of(text).ToString()))) return StepResult.Drop("stop_word");
            return StepResult.Keep(document);
        });
    }
}
