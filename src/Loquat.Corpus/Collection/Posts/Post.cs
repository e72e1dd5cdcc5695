using System.Text.Json;
using Loquat.Corpus.Collection.Markup;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Posts;

/// <summary>A post of social media, whatever its export.</summary>
/// <param name="Thread">The thread it stands in: what answers carry of it; null where it is one of its own.</param>
internal sealed record Post(string Site, string Id, string Text, string? Title, string? Author, string? Date, string? Url, string? Language, string? Thread, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Knows the export by the object's keys; null where it is none that is known.</summary>
    public static Post? Of(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) return null;
        if (json.TryGetProperty("tweet", out var tweet) && tweet.ValueKind == JsonValueKind.Object) json = tweet;
        if (json.TryGetProperty("kind", out var kind) && kind.ValueKind == JsonValueKind.String && json.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object) json = data;
        if (Has(json, "type") && Value(json, "type") is "Create" && json.TryGetProperty("object", out var inner) && inner.ValueKind == JsonValueKind.Object) json = inner;
        return Reddit(json) ?? Twitter(json) ?? Mastodon(json) ?? HackerNews(json) ?? Discord(json) ?? Slack(json);
    }

    private static Post? Reddit(JsonElement json)
    {
        if (!Has(json, "subreddit") || !Has(json, "selftext") && !Has(json, "body")) return null;
        var title = Value(json, "title");
        var text = Value(json, "selftext") ?? Value(json, "body") ?? "";
        if (text is "[deleted]" or "[removed]") text = "";
        if (text.Length == 0 && title is not null) text = title;
        var thread = Value(json, "link_id") ?? (Value(json, "name") is { } name && name.StartsWith("t3_", StringComparison.Ordinal) ? name : Value(json, "id") is { } own ? $"t3_{own}" : null);
        return new("reddit", Value(json, "id") ?? Value(json, "name") ?? "", HtmlEntities.Decode(text), title, Value(json, "author"), Dates.Iso(Value(json, "created_utc")), Value(json, "permalink") is { } link ? link.StartsWith('/') ? $"https://www.reddit.com{link}" : link : Value(json, "url"), null, thread, Facts(json, "subreddit", "score", "num_comments", "over_18", "link_flair_text"));
    }

    private static Post? Twitter(JsonElement json)
    {
        if (!Has(json, "id_str") && !Has(json, "tweet_id") && !(Has(json, "edit_history_tweet_ids") && Has(json, "text"))) return null;
        var text = Value(json, "full_text") ?? (json.TryGetProperty("extended_tweet", out var extended) ? Value(extended, "full_text") : null) ?? Value(json, "text");
        if (text is null) return null;
        var user = json.TryGetProperty("user", out var who) && who.ValueKind == JsonValueKind.Object ? Value(who, "screen_name") : Value(json, "username") ?? Value(json, "author_id");
        var id = Value(json, "id_str") ?? Value(json, "tweet_id") ?? Value(json, "id") ?? "";
        return new("twitter", id, HtmlEntities.Decode(text), null, user, Dates.Iso(Value(json, "created_at")), user is null || id.Length == 0 ? null : $"https://twitter.com/{user}/status/{id}", Value(json, "lang"), Value(json, "conversation_id") ?? Value(json, "in_reply_to_status_id_str"), Facts(json, "retweet_count", "favorite_count", "in_reply_to_screen_name"));
    }

    private static Post? Mastodon(JsonElement json)
    {
        if (!Has(json, "content") || !(Has(json, "account") || Has(json, "attributedTo"))) return null;
        var account = json.TryGetProperty("account", out var who) && who.ValueKind == JsonValueKind.Object ? Value(who, "acct") : Value(json, "attributedTo");
        return new("mastodon", Value(json, "id") ?? "", Markup(Value(json, "content")), Value(json, "spoiler_text") is { Length: > 0 } warning ? warning : null, account, Value(json, "created_at") ?? Value(json, "published"), Value(json, "url"), Value(json, "language"), Value(json, "in_reply_to_id") ?? Value(json, "inReplyTo"), Facts(json, "visibility", "reblogs_count", "favourites_count"));
    }

    private static Post? HackerNews(JsonElement json)
    {
        if (!(Has(json, "by") || Has(json, "author") && Has(json, "objectID")) || !(Has(json, "text") || Has(json, "title") || Has(json, "comment_text") || Has(json, "story_text")) || !(Has(json, "time") || Has(json, "created_at_i") || Has(json, "created_at"))) return null;
        var title = Value(json, "title");
        var text = Markup(Value(json, "text") ?? Value(json, "comment_text") ?? Value(json, "story_text"));
        var id = Value(json, "id") ?? Value(json, "objectID") ?? "";
        return new("hackernews", id, text.Length > 0 ? text : title ?? "", title, Value(json, "by") ?? Value(json, "author"), Dates.Iso(Value(json, "time") ?? Value(json, "created_at_i") ?? Value(json, "created_at")), Value(json, "url") ?? $"https://news.ycombinator.com/item?id={id}", null, Value(json, "story_id") ?? Value(json, "parent") ?? id, Facts(json, "type", "score", "descendants", "points"));
    }

    private static Post? Discord(JsonElement json)
    {
        if (!Has(json, "content") || !Has(json, "timestamp") || !json.TryGetProperty("author", out var who) || who.ValueKind != JsonValueKind.Object) return null;
        return new("discord", Value(json, "id") ?? "", Value(json, "content") ?? "", null, Value(who, "nickname") ?? Value(who, "name") ?? Value(who, "username"), Value(json, "timestamp"), null, null, Value(json, "channel_id") ?? "channel", Facts(json, "type"));
    }

    private static Post? Slack(JsonElement json)
    {
        if (!Has(json, "ts") || !Has(json, "text") || Value(json, "type") is not "message") return null;
        var name = json.TryGetProperty("user_profile", out var who) && who.ValueKind == JsonValueKind.Object ? Value(who, "real_name") ?? Value(who, "name") : null;
        return new("slack", Value(json, "client_msg_id") ?? Value(json, "ts")!, SlackText(Value(json, "text")!), null, name ?? Value(json, "username") ?? Value(json, "user"), Dates.Iso(Value(json, "ts")), null, null, Value(json, "thread_ts") ?? Value(json, "ts"), Facts(json, "subtype", "team"));
    }

    // <@U123> names a user, <https://…|label> a link.
    private static string SlackText(string text)
    {
        text = System.Text.RegularExpressions.Regex.Replace(text, @"<([^<>|]*)\|([^<>]*)>", "$2");
        return HtmlEntities.Decode(System.Text.RegularExpressions.Regex.Replace(text, "<([^<>]*)>", "$1"));
    }

    private static string Markup(string? html) => html is null ? "" : MarkupText.Of(HtmlParser.Parse(html), bullets: true);

    private static bool Has(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static string? Value(JsonElement json, string name) => json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 0 } text ? text : null,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    private static Dictionary<string, string> Facts(JsonElement json, params string[] names)
    {
        var metadata = new Dictionary<string, string>();
        foreach (var name in names)
            if (Value(json, name) is { } value) metadata[name] = value;
        return metadata;
    }

    /// <summary>The document of this post alone.</summary>
    public Document ToDocument(string source, string place) => new()
    {
        Id = Id.Length > 0 ? $"{source}#{Id}" : $"{source}#{place}",
        Text = Reading.Content.Lines(Text).Trim(),
        Source = source,
        Title = Title,
        Author = Author,
        Date = Date,
        Language = Language,
        Url = Url,
        Metadata = new Dictionary<string, string>(Metadata) { ["site"] = Site },
    };
}
