using Loquat.Models;
using Loquat.Text.Datasets;

namespace Loquat.Objectives;

/// <summary>What an objective is told before training begins, or goes on.</summary>
/// <param name="Data">What is learned from.</param>
/// <param name="Folder">Of the run: what is kept there is found when the run goes on.</param>
/// <param name="First">Makes the model as it was before the first step; the caller disposes it.</param>
/// <param name="BatchSize">Sequences at once.</param>
/// <param name="Progress">Told what is done of all.</param>
public sealed record ObjectiveStart(TokenDataset Data, string Folder, Func<Model> First, int BatchSize, Action<StageProgress>? Progress, CancellationToken Cancellation);
