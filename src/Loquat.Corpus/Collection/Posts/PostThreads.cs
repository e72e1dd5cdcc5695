using System.Globalization;
using System.Text;
using Loquat.Corpus.Collection.Reading;

namespace Loquat.Corpus.Collection.Posts;

/// <summary>Gives posts as documents, each its own, or joined by their threads in the order of their dates.</summary>
internal sealed class PostThreads(Content content, ReadingContext context)
{
    private const int MostPosts = 2_000_000; // held at once

    private readonly Dictionary<string, List<(Post Post, string Place)>> _threads = [];
    private readonly List<string> _order = [];
    private int _held;

    public IEnumerable<Document> Add(Post post, string place)
    {
        if (string.IsNullOrWhiteSpace(post.Text))
        {
            context.Reject(content, "the post has no text", place);
            yield break;
        }
        if (!context.Options.JoinThreads)
        {
            yield return post.ToDocument(content.Source, place);
            yield break;
        }
        if (++_held > MostPosts) throw new DataException($"{content.Source}: there are more than {MostPosts:N0} posts, too many to join their threads. Divide the export, or collect it without joining.");
        var thread = post.Thread ?? post.Id;
        if (!_threads.TryGetValue(thread, out var posts))
        {
            // An answer to an answer belongs to the thread of that.
            _threads[thread] = posts = _threads.GetValueOrDefault(post.Id) ?? [];
            if (posts.Count == 0) _order.Add(thread);
        }
        posts.Add((post, place));
        if (post.Id.Length > 0) _threads.TryAdd(post.Id, posts);
    }

    public IEnumerable<Document> Finish()
    {
        foreach (var thread in _order)
        {
            var posts = _threads[thread].OrderBy(p => p.Post.Date, StringComparer.Ordinal).ToList();
            if (posts.Count == 0) continue;
            var first = posts[0].Post.ToDocument(content.Source, posts[0].Place);
            if (posts.Count == 1)
            {
                yield return first;
                continue;
            }
            var text = new StringBuilder();
            foreach (var (post, _) in posts) text.Append(text.Length > 0 ? "\n\n" : "").Append(post.Author is null ? "" : $"{post.Author}: ").Append(Content.Lines(post.Text).Trim());
            yield return first with
            {
                Text = text.ToString(),
                Author = string.Join("; ", posts.Select(p => p.Post.Author).OfType<string>().Distinct()),
                Metadata = new Dictionary<string, string>(first.Metadata) { ["posts"] = posts.Count.ToString(CultureInfo.InvariantCulture) },
            };
        }
    }
}
