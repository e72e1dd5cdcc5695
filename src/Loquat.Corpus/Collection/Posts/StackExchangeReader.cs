using System.Xml;
using Loquat.Corpus.Collection.Markup;
using Loquat.Corpus.Collection.Reading;
using Loquat.Corpus.Collection.Web;

namespace Loquat.Corpus.Collection.Posts;

/// <summary>StackExchange's `Posts.xml` and `Comments.xml`: questions and answers, a document each or a thread each.</summary>
internal sealed class StackExchangeReader : IContentReader
{
    public static bool Is(string root) => root is "posts" or "comments";

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        using var reader = XmlReader.Create(content.OpenText(context.Options), XmlRules.Settings(context));
        var threads = new PostThreads(content, context);
        var number = 0;
        while (true)
        {
            Post? post = null;
            try
            {
                if (!reader.Read()) break;
                if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "row") post = Row(reader);
            }
            catch (XmlException error)
            {
                throw new DataException($"{content.Source}: the dump is broken: {error.Message}", error);
            }
            if (post is null) continue;
            context.Cancellation.ThrowIfCancellationRequested();
            foreach (var document in threads.Add(post, $"{++number}")) yield return document with { License = post.Metadata.GetValueOrDefault("license") };
        }
        foreach (var document in threads.Finish()) yield return document;
        if (number == 0) context.Reject(content, "there are no posts in it");
    }

    private static Post Row(XmlReader row)
    {
        var metadata = new Dictionary<string, string>();
        foreach (var (attribute, name) in ((string, string)[])[("Score", "score"), ("Tags", "tags"), ("ContentLicense", "license"), ("PostTypeId", "post_type"), ("ParentId", "parent"), ("AcceptedAnswerId", "accepted_answer")])
            if (row.GetAttribute(attribute) is { Length: > 0 } value) metadata[name] = value;
        var body = row.GetAttribute("Body") is { } html ? MarkupText.Of(HtmlParser.Parse(html), bullets: true) : row.GetAttribute("Text") ?? "";
        var id = row.GetAttribute("Id") ?? "";
        return new("stackexchange", id, body, row.GetAttribute("Title"), row.GetAttribute("OwnerDisplayName") ?? row.GetAttribute("OwnerUserId") ?? row.GetAttribute("UserId"), row.GetAttribute("CreationDate"), null, null, row.GetAttribute("ParentId") ?? row.GetAttribute("PostId") ?? id, metadata);
    }
}
