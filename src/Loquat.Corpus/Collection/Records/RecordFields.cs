using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Records;

/// <summary>Makes documents of records: which field is the text, which the title and so on, by the options or by the names that data sets use.</summary>
internal sealed class RecordFields
{
    private static readonly string[] _text = ["text", "content", "body", "article", "document", "raw_content", "full_text", "fulltext", "maintext", "markdown", "sentence", "review_body", "reviewtext", "review_text", "review", "story", "passage", "abstract", "message", "comment", "selftext", "tweet", "post", "output", "completion", "description", "utterance", "quote", "lyrics", "html", "code"];
    private static readonly string[] _id = ["id", "_id", "doc_id", "document_id", "uuid", "guid", "key", "post_id", "tweet_id", "review_id"];
    private static readonly string[] _title = ["title", "headline", "subject", "name"];
    private static readonly string[] _author = ["author", "authors", "by", "creator", "user", "username", "user_name", "byline"];
    private static readonly string[] _date = ["date", "created_at", "published", "published_at", "publish_date", "publication_date", "timestamp", "created", "created_utc", "datetime", "time"];
    private static readonly string[] _language = ["language", "lang"];
    private static readonly string[] _url = ["url", "link", "uri", "permalink"];
    private static readonly string[] _license = ["license", "licence", "rights"];

    private readonly ReadingOptions _options;

    public RecordFields(ReadingOptions options) => _options = options;

    /// <summary>Whether one of the names is that of a field that many data sets have.</summary>
    public static bool KnowsAny(IEnumerable<string> names) => names.Any(name => name.Trim().ToLowerInvariant() is var known && (_text.Contains(known) || _id.Contains(known) || _title.Contains(known) || _url.Contains(known) || known is "label" or "labels" or "gold_label" or "score" or "rating" or "sentiment" or "premise" or "hypothesis" or "sentence1" or "sentence2" or "question1" or "question2"));

    /// <summary>The document of a record.</summary>
    /// <param name="record">Names and values in their order.</param>
    /// <returns>Null where the record has no text.</returns>
    /// <exception cref="OptionsException">The text field that was asked for is not there.</exception>
    public Document? Document(IReadOnlyList<KeyValuePair<string, string>> record, Content content, string place)
    {
        var text = Text(record, content, place);
        if (text.Key is null || string.IsNullOrWhiteSpace(text.Value)) return null;
        var used = new HashSet<string> { text.Key };
        string? Take(string? named, string[] known, string? option)
        {
            foreach (var name in named is null ? known : [named])
                foreach (var (key, value) in record)
                    if (key.Equals(name, StringComparison.OrdinalIgnoreCase) && !used.Contains(key) && value.Length > 0)
                    {
                        used.Add(key);
                        return value;
                    }
            return named is null ? null : record.Any(f => f.Key.Equals(named, StringComparison.OrdinalIgnoreCase)) ? null : throw Missing(option!, named, record, content);
        }

        var id = Take(_options.IdField, _id, "--id-field");
        var document = new Document
        {
            Id = id is null ? $"{content.Source}#{place}" : $"{content.Source}#{id}",
            Text = Content.Lines(text.Value).Trim('\n'),
            Source = content.Source,
            Title = Take(_options.TitleField, _title, "--title-field"),
            Author = Take(_options.AuthorField, _author, "--author-field"),
            Date = Dates.Iso(Take(_options.DateField, _date, "--date-field")),
            Language = Take(_options.LanguageField, _language, "--language-field"),
            Url = Take(_options.UrlField, _url, "--url-field"),
            License = Take(_options.LicenseField, _license, "--license-field"),
        };
        var metadata = new Dictionary<string, string>();
        foreach (var (key, value) in record)
            if (!used.Contains(key) && value.Length is > 0 and < 4096) metadata.TryAdd(key, value);
        if (id is not null) metadata.TryAdd("id", id);
        return document with { Metadata = metadata };
    }

    private KeyValuePair<string, string> Text(IReadOnlyList<KeyValuePair<string, string>> record, Content content, string place)
    {
        if (_options.TextField is { } named)
        {
            foreach (var field in record)
                if (field.Key.Equals(named, StringComparison.OrdinalIgnoreCase)) return field;
            if (int.TryParse(named, out var number) && number >= 1 && number <= record.Count) return record[number - 1];
            throw Missing("--text-field", named, record, content);
        }
        foreach (var name in _text)
            foreach (var field in record)
                if (field.Key.Equals(name, StringComparison.OrdinalIgnoreCase) && field.Value.Length > 0) return field;
        // Not named as usual: the field with the most words.
        return record.Where(f => f.Value.Contains(' ')).OrderByDescending(f => f.Value.Length).FirstOrDefault();
    }

    private static DataException Missing(string option, string named, IReadOnlyList<KeyValuePair<string, string>> record, Content content) =>
        new($"{content.Source}: there is no field '{named}' ({option}); there are {string.Join(", ", record.Take(20).Select(f => f.Key))}.");
}
