using Microsoft.Extensions.AI;

namespace Loquat.Tasks;

/// <summary>Any chat client as a model for generation tasks: the prompt is what a user says.</summary>
/// <param name="client">Used, not owned.</param>
/// <param name="name">What reports call it, and by what a log knows it.</param>
public sealed class ChatTaskModel(IChatClient client, string name) : ITaskModel
{
    public string Name => name;

    public string Fingerprint => name;

    public IReadOnlyList<TaskKind> Kinds { get; } = [TaskKind.Generation];

    /// <inheritdoc/>
    public ITaskScorer Scorer(TaskKind kind, IReadOnlyList<IReadOnlyList<(string Context, string Continuation)>> documents, string shared) => throw new OptionsException($"{name}: a chat client does not tell how likely texts are.");

    /// <inheritdoc/>
    public string Write(string prompt, TaskGeneration generation, int sample, CancellationToken cancellation)
    {
        var options = new ChatOptions { Temperature = (float)generation.Temperature, MaxOutputTokens = generation.MaxNewTokens, StopSequences = [.. generation.Stop] };
        if (generation.Temperature > 0) (options.TopP, options.Seed) = ((float)generation.TopP, (long)(generation.Seed + (ulong)sample));
        return client.GetResponseAsync(prompt, options, cancellation).GetAwaiter().GetResult().Text;
    }
}
