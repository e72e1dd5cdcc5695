using System.Text;
using Loquat.Corpus.Collection.Charsets;
using Loquat.Corpus.Collection.Markup;
using Loquat.Corpus.Collection.Reading;
using MimeKit;

namespace Loquat.Corpus.Collection.Mail;

/// <summary>Messages (`eml`) and mailboxes (`mbox`): the text of each message, plain where it has such, else from its HTML.</summary>
internal sealed class MailReader : IContentReader
{
    private const int LargestMessage = 64 << 20;

    /// <summary>Whether a beginning is that of a mailbox.</summary>
    public static bool IsMailbox(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? IsMailbox(head[3..]) : head.StartsWith("From "u8) && head.IndexOf((byte)'\n') is > 5 and var end && LooksLikeHeaders(head[(end + 1)..]);

    /// <summary>Whether a beginning is made of the headers of a message.</summary>
    public static bool IsMessage(ReadOnlySpan<byte> head) => LooksLikeHeaders(head);

    public IEnumerable<Document> Read(Content content, ReadingContext context)
    {
        if (!IsMailbox(content.Head))
        {
            if (Document(content.ReadAll(), content, context, content.Source, null) is { } single) yield return single;
            yield break;
        }
        var number = 0;
        foreach (var (bytes, fault) in Mailbox.Messages(content.Stream, LargestMessage))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            number++;
            if (fault is not null) context.Reject(content, fault, $"message {number}");
            else if (Document(bytes, content, context, $"{content.Source}#{number}", $"message {number}") is { } document) yield return document;
        }
    }

    private static Document? Document(byte[] bytes, Content content, ReadingContext context, string id, string? place)
    {
        MimeMessage message;
        string text;
        try
        {
            message = Parse(bytes);
            text = Text(message).Text;
        }
        catch (Exception error) when (error is FormatException or ParseException or IOException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            context.Reject(content, $"the message cannot be read: {error.Message}", place);
            return null;
        }
        text = MailText.Cut(Content.Lines(text), context.Options.CutQuotes, context.Options.CutSignatures);
        if (string.IsNullOrWhiteSpace(text))
        {
            context.Reject(content, "the message has no text", place);
            return null;
        }
        var metadata = new Dictionary<string, string>();
        if (message.To.Mailboxes.Any()) metadata["to"] = string.Join("; ", message.To.Mailboxes.Select(m => m.Address));
        if (message.MessageId is { Length: > 0 } messageId) metadata["message_id"] = messageId;
        if (message.InReplyTo is { Length: > 0 } answered) metadata["in_reply_to"] = answered;
        if (message.Headers[HeaderId.ListId] is { } list) metadata["list"] = list;
        return new Document
        {
            Id = id,
            Text = text.Trim('\n'),
            Source = content.Source,
            Title = message.Subject is { Length: > 0 } subject ? subject : null,
            Author = message.From.Mailboxes.Any() ? string.Join("; ", message.From.Mailboxes.Select(m => string.IsNullOrWhiteSpace(m.Name) ? m.Address : $"{m.Name} <{m.Address}>")) : null,
            Date = Date(message),
            Metadata = metadata,
        };
    }

    internal static MimeMessage Parse(byte[] bytes)
    {
        var options = ParserOptions.Default.Clone();
        options.MaxMimeDepth = 64;
        options.CharsetEncoding = CharsetDetector.Detect(bytes).Encoding is UnicodeEncoding or UTF32Encoding ? Encoding.UTF8 : CharsetDetector.Detect(bytes).Encoding;
        return MimeMessage.Load(options, new MemoryStream(bytes));
    }

    // Zones come in lower case too.
    internal static string? Date(MimeMessage message) => message.Headers[HeaderId.Date] is { } stated && MimeKit.Utils.DateUtils.TryParse(stated.ToUpperInvariant(), out var date) ? Dates.Iso(date)
        : message.Headers.Contains(HeaderId.Date) && message.Date != DateTimeOffset.MinValue ? Dates.Iso(message.Date) : null;

    /// <summary>The text of a message, and the media type of the part it is from.</summary>
    internal static (string Text, string Type) Text(MimeMessage message)
    {
        if (Body(message) is not { } part) return ("", "");
        var text = Decode(part);
        return (part.IsHtml ? MarkupText.Of(HtmlParser.Parse(text), bullets: true) : text, part.ContentType.MimeType);
    }

    /// <summary>The part that is read: the first plain one, else the first of HTML, else any of text; no attachment.</summary>
    internal static TextPart? Body(MimeMessage message)
    {
        var parts = message.BodyParts.OfType<TextPart>().Where(p => !p.IsAttachment || message.Body is TextPart).ToList();
        return parts.Find(p => p.IsPlain) ?? parts.Find(p => p.IsHtml) ?? parts.FirstOrDefault();
    }

    internal static string Decode(TextPart part)
    {
        using var bytes = new MemoryStream();
        part.Content?.DecodeTo(bytes);
        var charset = part.ContentType.Charset;
        var encoding = charset is null ? null : CharsetNames.Find(charset);
        var content = bytes.ToArray();
        if (encoding is null) return CharsetDetector.Decode(content);
        var text = encoding.GetString(content);
        // A part that is not in what it says: by its bytes.
        return text.Contains('\uFFFD') ? CharsetDetector.Decode(content, charset) : text;
    }

    private static bool LooksLikeHeaders(ReadOnlySpan<byte> head)
    {
        var (known, lines) = (0, 0);
        while (head.Length > 0 && lines < 60)
        {
            var end = head.IndexOf((byte)'\n');
            var line = (end < 0 ? head : head[..end]).TrimEnd((byte)'\r');
            if (line.IsEmpty) break;
            if (line[0] is not ((byte)' ' or (byte)'\t'))
            {
                var colon = line.IndexOf((byte)':');
                if (colon is <= 0 or > 60) return lines > 0 && known > 1 && line.StartsWith(">From "u8);
                var name = Encoding.ASCII.GetString(line[..colon]).ToLowerInvariant();
                if (name.Any(c => c is <= ' ' or > '~')) return false;
                if (name is "from" or "to" or "subject" or "date" or "received" or "message-id" or "mime-version" or "return-path" or "content-type" or "delivered-to" or "reply-to" or "cc" or "sender" or "content-transfer-encoding" or "x-mailer" or "references" or "in-reply-to") known++;
                lines++;
            }
            if (end < 0) break;
            head = head[(end + 1)..];
        }
        return known >= 2;
    }
}
