namespace Loquat.Text.Datasets;

/// <summary>How far a long piece of work is.</summary>
/// <param name="Stage">What is being done, as a person reads it: "learning the tokenizer".</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 where not known.</param>
/// <param name="Unit">What is counted: "bytes", "rows".</param>
public readonly record struct StageProgress(string Stage, long Done, long Total, string Unit);
