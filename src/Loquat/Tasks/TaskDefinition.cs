using System.Text.RegularExpressions;
using Loquat.Corpus.Collection.Records;

namespace Loquat.Tasks;

/// <summary>What a task asks of a model.</summary>
public enum TaskKind
{
    /// <summary>Which of several texts is the likeliest behind a prompt.</summary>
    MultipleChoice,

    /// <summary>Whether a text is what the model would write, and how likely it is.</summary>
    Continuation,

    /// <summary>What the model writes.</summary>
    Generation,

    /// <summary>How likely whole texts are.</summary>
    Perplexity,
}

/// <summary>Files that hold more than one record a line or a row, and how they are cut; <see cref="Records"/> is the rest.</summary>
public enum TaskLayout
{
    Records,

    /// <summary>Six lines a record: `query`, the number of the right ending, four endings; as `query`, `gold`, `choices`.</summary>
    Hellaswag,

    /// <summary>SQuAD's JSON: a record a question, with `id`, `title`, `context`, `question`, `answers` (texts) and `is_impossible`.</summary>
    Squad,

    /// <summary>StereoSet's JSON: a record a sentence test of the intrasentence part, with `target`, `bias_type`, `context`, `stereotype`, `antistereotype`, `unrelated`.</summary>
    Stereoset,
}

/// <summary>Where a task's records are.</summary>
public sealed record TaskSource
{
    /// <summary>Files below the data folder by the names of their lines' fields; one file has the name `text`. Several files are read side by side, a line of each a record.</summary>
    public required IReadOnlyDictionary<string, string> Paths { get; init; }

    public required RecordFormat? Format { get; init; }

    public required TaskLayout Layout { get; init; }

    /// <summary>Names of the columns of a file without a first row of names; none: it has one.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Further fields of a record, made from those that it has.</summary>
    public required IReadOnlyDictionary<string, TaskTemplate> Fields { get; init; }

    /// <summary>Records for which this gives nothing, `false`, `0` or an empty text are left out; null: none are.</summary>
    public required TaskTemplate? Where { get; init; }
}

/// <summary>Solved examples before each question.</summary>
public sealed record FewShotOptions
{
    /// <summary>How many. Default: 0.</summary>
    public int Count { get; init; }

    /// <summary>Where they are drawn from; none: from the questions themselves, never the one that is asked.</summary>
    public IReadOnlyList<TaskSource> Data { get; init; } = [];

    /// <summary>Of the draw. Default: 1234.</summary>
    public ulong Seed { get; init; } = 1234;

    /// <summary>What stands between them. Default: a blank line.</summary>
    public string Separator { get; init; } = "\n\n";
}

/// <summary>How texts are written.</summary>
public sealed record TaskGeneration
{
    public int MaxNewTokens { get; init; } = 256;

    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>0: the likeliest token, always.</summary>
    public double Temperature { get; init; }

    public double TopP { get; init; } = 1;

    /// <summary>Texts for each question. More than one needs a temperature.</summary>
    public int Samples { get; init; } = 1;

    public ulong Seed { get; init; }
}

/// <summary>How an answer is found in a text.</summary>
/// <param name="Name">What its metrics are called by; empty: the text as it is.</param>
public sealed record AnswerExtraction(string Name)
{
    /// <summary>Runs against one text at most so long.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    /// <summary>A regular expression; null: the whole text.</summary>
    public string? Pattern { get; init; }

    /// <summary>Which match counts: 0 the first, -1 the last.</summary>
    public int Take { get; init; }

    /// <summary>What stands for no answer. Default: `[invalid]`, as in lm-evaluation-harness.</summary>
    public string Fallback { get; init; } = "[invalid]";

    /// <summary>Whether white space around the answer is left out. Default: true with a pattern.</summary>
    public bool Strip { get; init; }

    /// <summary>The answer in a text: of the match, the first group that matched something, else all of it.</summary>
    /// <exception cref="DataException">The pattern takes more than a second.</exception>
    public string Of(string output)
    {
        if (Pattern is null) return Strip ? output.Trim() : output;
        try
        {
            var matches = Regex.Matches(output, Pattern, RegexOptions.CultureInvariant, _patience);
            var at = Take < 0 ? matches.Count + Take : Take;
            if (at < 0 || at >= matches.Count) return Fallback;
            var match = matches[at];
            var text = match.Groups.Count == 1 ? match.Value : match.Groups.Values.Skip(1).FirstOrDefault(g => g.Length > 0)?.Value ?? "";
            return Strip ? text.Trim() : text;
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new DataException($"the pattern '{Pattern}' of extract.{Name} takes more than a second on one text; make it simpler.", error);
        }
    }
}

/// <summary>A task: what a model is asked, on which data, and how its answers are scored. A file of YAML holds one (docs/tasks.md).</summary>
public sealed record TaskDefinition
{
    public required string Name { get; init; }

    /// <summary>What it measures and who made it.</summary>
    public required string About { get; init; }

    public required TaskKind Kind { get; init; }

    /// <summary>Places of the same data; the first that is there counts.</summary>
    public required IReadOnlyList<TaskSource> Data { get; init; }

    /// <summary>What stands before the question and the examples.</summary>
    public string Description { get; init; } = "";

    /// <summary>The question. Several: one for each choice, and the choices are then one text.</summary>
    public TaskTemplate? Prompt { get; init; }

    /// <summary>A list of questions, one for each choice, where the choice stands in the question and <see cref="Target"/> follows.</summary>
    public TaskTemplate? Prompts { get; init; }

    /// <summary>The choices: one expression that gives a list, or a template each.</summary>
    public IReadOnlyList<TaskTemplate> Choices { get; init; } = [];

    /// <summary>The right choice: its number from 0, its text, or the letter A, B, C …</summary>
    public TaskTemplate? Gold { get; init; }

    /// <summary>The text to come, of a continuation; what an example of few-shot shows, of a generation.</summary>
    public TaskTemplate? Target { get; init; }

    /// <summary>The right answers of a generation: a list, or one.</summary>
    public TaskTemplate? Answers { get; init; }

    /// <summary>The text of a perplexity task.</summary>
    public TaskTemplate? Text { get; init; }

    /// <summary>What stands between a prompt and what follows. Default: a space.</summary>
    public string Delimiter { get; init; } = " ";

    /// <summary>The group of a record, for a row of its own in reports; null: there are none.</summary>
    public TaskTemplate? Category { get; init; }

    public FewShotOptions FewShot { get; init; } = new();

    public TaskGeneration Generation { get; init; } = new();

    public IReadOnlyList<AnswerExtraction> Extract { get; init; } = [new("")];

    /// <summary>Patterns that are left out of answers before they are compared.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    public bool IgnoreCase { get; init; }

    public bool IgnorePunctuation { get; init; }

    /// <summary>Names of metrics; the first is the one that comparisons look at.</summary>
    public required IReadOnlyList<string> Metrics { get; init; }

    /// <summary>What the numbers do not say: stands under them in every report.</summary>
    public string? Caveat { get; init; }

    /// <summary>The folder that the file lies in, where data may lie too; null: a built-in task.</summary>
    public string? Folder { get; init; }

    /// <summary>The text of the file, by which a log knows whether it holds the same task.</summary>
    public string Source { get; init; } = "";
}
