using System.Globalization;
using System.Text;

namespace Loquat.Text.Metrics;

/// <summary>Options of <see cref="Ter"/>; names and defaults are sacreBLEU's.</summary>
public sealed record TerOptions
{
    /// <summary>Whether marks are set apart.</summary>
    public bool Normalized { get; init; }

    /// <summary>Whether marks are taken out.</summary>
    public bool NoPunct { get; init; }

    /// <summary>Whether both know Chinese and Japanese characters and marks.</summary>
    public bool AsianSupport { get; init; }

    public bool CaseSensitive { get; init; }
}

/// <summary>A translation edit rate.</summary>
/// <param name="Score">Edits for each 100 words of the references; may be above 100.</param>
/// <param name="Edits">Insertions, deletions, substitutions and shifts.</param>
/// <param name="ReferenceLength">Words; of several references the mean.</param>
/// <param name="Signature">How it was taken, as sacreBLEU writes it.</param>
public sealed record TerScore(double Score, double Edits, double ReferenceLength, string Signature)
{
    /// <summary>The line that sacreBLEU prints.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"TER|{Signature} = {Score:F2}");
}

/// <summary>Translation edit rate (Snover et al. 2006), with the heuristics of Tercom as sacreBLEU 2.6.0 has them. Immutable; any number of threads may use one.</summary>
public sealed class Ter(TerOptions? options = null)
{
    private readonly TerOptions _options = options ?? new();

    /// <summary>The score of a corpus: edits and lengths of all segments together.</summary>
    public TerScore Score(Translations translations) => Score(Statistics(translations), translations.ReferenceCount);

    /// <summary>The score of one sentence.</summary>
    public TerScore Sentence(string hypothesis, params IReadOnlyList<string> references) => Score(new Translations([hypothesis], [.. references.Select(r => (IReadOnlyList<string?>)[r])]));

    /// <summary>A segment's least edits, and the mean length of its references.</summary>
    internal double[][] Statistics(Translations translations) => translations.Each(() => new WordNumbers(), (numbers, segment) =>
    {
        var hypothesis = numbers.Of(Words(translations.Hypotheses[segment]));
        var references = translations.References(segment).Select(text => numbers.Of(Words(text))).ToList();
        return (double[])[references.Min(reference => new TerShifts(reference).Edits(hypothesis)), (double)references.Sum(r => r.Length) / references.Count];
    });

    internal TerScore Score(IEnumerable<double[]> statistics, string referenceCount)
    {
        var (edits, length) = (0.0, 0.0);
        foreach (var one in statistics) (edits, length) = (edits + one[0], length + one[1]);
        var rate = length > 0 ? edits / length : edits > 0 ? 1 : 0;
        return new(100 * rate, edits, length,
            $"nrefs:{referenceCount}|case:{(_options.CaseSensitive ? "mixed" : "lc")}|tok:tercom|norm:{Word(_options.Normalized)}|punct:{Word(!_options.NoPunct)}|asian:{Word(_options.AsianSupport)}|version:2.6.0");
    }

    /// <summary>The words of a line, as the options make them.</summary>
    public IReadOnlyList<string> Words(string line)
    {
        line = MetricText.TrimEnd(line).ToString();
        if (!_options.CaseSensitive) line = MetricText.Lower(line);
        if (_options.Normalized) line = Normalized(line);
        if (_options.NoPunct) line = string.Concat(line.Where(c => c is not ('.' or ',' or '?' or ':' or ';' or '!' or '"' or '(' or ')') && !(_options.AsianSupport && IsAsianMark(c))));
        return MetricText.Words(line);
    }

    private static string Word(bool value) => value ? "yes" : "no";

    private string Normalized(string line)
    {
        line = BleuTokenizer.Unescaped(line.Replace("\n-", "", StringComparison.Ordinal).Replace('\n', ' '));
        line = BleuTokenizer.SplitMarks($" {line} ").Replace("'s ", " 's ", StringComparison.Ordinal);
        line = BleuTokenizer.SplitPoints(line);
        if (!_options.AsianSupport) return line;
        var split = new StringBuilder(line.Length * 2);
        foreach (var c in line)
            if (IsAsian(c) || IsAsianMark(c)) split.Append(' ').Append(c).Append(' ');
            else split.Append(c);
        return split.ToString();
    }

    private static bool IsAsian(char c) => c is
        (>= '\u4e00' and <= '\u9fff') or (>= '\u3200' and <= '\u4dbf') or (>= '\u31c0' and <= '\u31ef') or (>= '\u2e80' and <= '\u2eff') or (>= '\uf900' and <= '\ufaff') or (>= '\ufe30' and <= '\ufe4f');

    private static bool IsAsianMark(char c) => c is
        '\u3001' or '\u3002' or (>= '\u3008' and <= '\u3011') or (>= '\u3014' and <= '\u301f') or (>= '\uff61' and <= '\uff65') or '\u30fb'
        or '\uff0e' or '\uff0c' or '\uff1f' or '\uff1a' or '\uff1b' or '\uff01' or '\uff02' or '\uff08' or '\uff09';
}
