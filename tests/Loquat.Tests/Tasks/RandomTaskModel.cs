using Loquat.Tasks;

namespace Loquat.Tests.Tasks;

/// <summary>A model without weights: a token a character, likelihoods from a hash of the text, answers as told.</summary>
internal sealed class RandomTaskModel(Func<string, string>? write = null, string name = "random", bool scores = true) : ITaskModel
{
    public string Name => name;

    public string Fingerprint => name;

    public IReadOnlyList<TaskKind> Kinds => scores ? Enum.GetValues<TaskKind>() : [TaskKind.Generation];

    /// <summary>Documents and texts asked for.</summary>
    public int Asked { get; private set; }

    public ITaskScorer Scorer(TaskKind kind, IReadOnlyList<IReadOnlyList<(string Context, string Continuation)>> documents, string shared) => new Hashes(this, documents);

    public string Write(string prompt, TaskGeneration generation, int sample, CancellationToken cancellation)
    {
        Asked++;
        return write?.Invoke(prompt) ?? "";
    }

    private sealed class Hashes(RandomTaskModel model, IReadOnlyList<IReadOnlyList<(string Context, string Continuation)>> documents) : ITaskScorer
    {
        public IReadOnlyList<int> Order { get; } = [.. Enumerable.Range(0, documents.Count).Reverse()];

        public IReadOnlyList<TextScore> Score(int document, CancellationToken cancellation)
        {
            model.Asked++;
            return [.. documents[document].Select(r => new TextScore(r.Continuation.Select((c, i) => -1 - (r.Context.Length * 31L + c * 17L + i) % 97 / 97.0).Sum(), r.Continuation.Length, false))];
        }

        public void Dispose()
        {
        }
    }
}
