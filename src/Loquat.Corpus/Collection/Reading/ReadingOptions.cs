using Loquat.Corpus.Collection.Containers;

namespace Loquat.Corpus.Collection.Reading;

/// <summary>How sources are read.</summary>
public sealed record ReadingOptions
{
    /// <summary>The column or key that holds the text of tables and records; a path with dots goes into objects: `data.body`. Default: found by its name (text, content, body, …), else the longest.</summary>
    public string? TextField { get; init; }

    /// <summary>The column or key that names a record. Default: id, where there is one.</summary>
    public string? IdField { get; init; }

    /// <summary>Default: title, where there is one.</summary>
    public string? TitleField { get; init; }

    /// <summary>Default: author, where there is one.</summary>
    public string? AuthorField { get; init; }

    /// <summary>Default: date or created_at, where there is one.</summary>
    public string? DateField { get; init; }

    /// <summary>Default: language or lang, where there is one.</summary>
    public string? LanguageField { get; init; }

    /// <summary>Default: url, where there is one.</summary>
    public string? UrlField { get; init; }

    /// <summary>Default: license, where there is one.</summary>
    public string? LicenseField { get; init; }

    /// <summary>The encoding of text, where it is known; null finds it for each source.</summary>
    public string? Encoding { get; init; }

    /// <summary>Namespaces of MediaWiki whose pages are read. Default: 0, the articles.</summary>
    public IReadOnlyList<int> Namespaces { get; init; } = [0];

    /// <summary>Posts and messages of a thread become one document, in the order of their dates.</summary>
    public bool JoinThreads { get; init; }

    /// <summary>Quoted replies are cut from messages.</summary>
    public bool CutQuotes { get; init; }

    /// <summary>Signatures are cut from messages.</summary>
    public bool CutSignatures { get; init; }

    /// <summary>The whole text of pages, not their main text alone.</summary>
    public bool WholePages { get; init; }

    /// <summary>What a source may cost.</summary>
    public ReadingLimits Limits { get; init; } = new();
}
