using System.Globalization;
using System.Xml;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Web;

/// <summary>Dumps of MediaWiki (`pages-articles.xml`): the pages of the namespaces asked for, in readable text. Redirects are left out.</summary>
internal sealed class MediaWikiReader : IContentReader
{
    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        string? site = null, language = null, page = null;
        foreach (var one in Pages(content, context, (name, value) =>
        {
            if (name == "sitename") site = value;
            if (name == "base") page = value;
            if (name == "lang") language = value;
        }))
        {
            if (one.Redirect is not null || !context.Options.Namespaces.Contains(one.Namespace)) continue;
            var text = Wikitext.ToText(one.Text);
            if (text.Length == 0)
            {
                context.Reject(content, "the page has no text", one.Title);
                continue;
            }
            var url = page is null ? null : page[..(page.LastIndexOf('/') + 1)] + Uri.EscapeDataString(one.Title.Replace(' ', '_')).Replace("%2F", "/").Replace("%3A", ":");
            var metadata = new Dictionary<string, string> { ["page_id"] = one.Id.ToString(CultureInfo.InvariantCulture), ["namespace"] = one.Namespace.ToString(CultureInfo.InvariantCulture) };
            if (site is not null) metadata["site"] = site;
            yield return new Document
            {
                Id = $"{content.Source}#{one.Id}",
                Text = text,
                Source = content.Source,
                Title = one.Title,
                Date = one.Date,
                Language = language,
                Url = url,
                License = site is not null && site.StartsWith("Wik", StringComparison.Ordinal) ? "CC-BY-SA-4.0" : null,
                Metadata = metadata,
            };
        }
    }

    /// <summary>A page as the dump has it.</summary>
    /// <param name="Redirect">The title it leads to; null where it is a page of its own.</param>
    internal sealed record WikiPage(string Title, long Id, int Namespace, string? Redirect, string Text, string? Date);

    /// <summary>All pages, as they come.</summary>
    /// <exception cref="DataException">The dump is broken; the pages before were given.</exception>
    internal static IEnumerable<WikiPage> Pages(Content content, ReadingContext context, Action<string, string>? siteInfo = null)
    {
        using var reader = XmlReader.Create(content.OpenText(context.Options), XmlRules.Settings(context));
        while (true)
        {
            WikiPage? page = null;
            try
            {
                if (!reader.Read()) yield break;
                if (reader.NodeType != XmlNodeType.Element) continue;
                if (reader.LocalName is "sitename" or "base") siteInfo?.Invoke(reader.LocalName, reader.ReadElementContentAsString());
                else if (reader.LocalName == "mediawiki") siteInfo?.Invoke("lang", reader.GetAttribute("xml:lang") ?? "");
                else if (reader.LocalName == "page") page = Page(reader, context.Options.Limits.LargestWhole);
            }
            catch (Exception error) when (error is XmlException or InvalidOperationException)
            {
                throw new DataException($"{content.Source}: the dump is broken: {error.Message}", error);
            }
            if (page is not null) yield return page;
            context.Cancellation.ThrowIfCancellationRequested();
        }
    }

    private static WikiPage Page(XmlReader reader, int largest)
    {
        var (title, text, id, space) = ("", "", 0L, 0);
        string? redirect = null, date = null;
        using var page = reader.ReadSubtree();
        page.Read();
        while (!page.EOF)
        {
            if (page.NodeType != XmlNodeType.Element)
            {
                page.Read();
                continue;
            }
            switch (page.LocalName)
            {
                case "title": title = page.ReadElementContentAsString(); break;
                case "ns": _ = int.TryParse(page.ReadElementContentAsString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out space); break;
                case "id" when id == 0: _ = long.TryParse(page.ReadElementContentAsString(), NumberStyles.None, CultureInfo.InvariantCulture, out id); break;
                case "redirect":
                    redirect = page.GetAttribute("title") ?? "";
                    page.Read();
                    break;
                case "timestamp": date = page.ReadElementContentAsString(); break;
                case "text":
                    text = page.ReadElementContentAsString();
                    if (text.Length > largest) text = "";
                    break;
                default: page.Read(); break;
            }
        }
        if (redirect is null && text.TrimStart().StartsWith("#REDIRECT", StringComparison.OrdinalIgnoreCase)) redirect = Target(text);
        return new(title, id, space, redirect, text, date);
    }

    private static string Target(string text) => text.IndexOf("[[", StringComparison.Ordinal) is >= 0 and var at && text.IndexOf("]]", at, StringComparison.Ordinal) is >= 0 and var end ? text[(at + 2)..end].Split('#', '|')[0] : "";
}
