using Loquat.Corpus.Preprocessing.Decontamination;

namespace Loquat.Tasks;

/// <summary>Which questions of a task stand in a training text: by the n-grams of words that they share, as GPT-3's authors looked for them (Brown et al. 2020, appendix C), and as `preprocess` takes them out.</summary>
internal static class TaskContamination
{
    public const string Seen = "in the training text", Unseen = "not in the training text";

    /// <returns>The places of the documents of which the text has a stretch of words.</returns>
    public static HashSet<int> Find(IReadOnlyList<TaskDocument> documents, string task, IEnumerable<string> texts, CancellationToken cancellation)
    {
        var set = EvaluationSet.Gpt3([.. documents.Select((d, i) => new EvaluationItem(i, task, d.Text))]);
        var seen = new HashSet<int>();
        foreach (var text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            seen.UnionWith(set.ItemsIn(text));
        }
        return seen;
    }
}
