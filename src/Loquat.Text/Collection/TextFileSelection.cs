using System.Text;
using System.Text.RegularExpressions;

namespace Loquat.Text.Collection;

/// <summary>
/// Which files of a folder are read, by patterns of their paths below it: `*` stands for any characters of a name, `?` for one, `**/` for any folders. A pattern without `/` means names in any
/// folder. Case counts.
/// </summary>
public sealed record TextFileSelection
{
    private readonly Regex? _include;
    private readonly Regex? _exclude;

    /// <param name="include">Only files that one of these fits; none: all.</param>
    /// <param name="exclude">Of those, not the ones that one of these fits.</param>
    public TextFileSelection(IReadOnlyList<string> include, IReadOnlyList<string> exclude) =>
        (Include, Exclude, _include, _exclude) = (include, exclude, Compile(include), Compile(exclude));

    /// <summary>Every file.</summary>
    public static TextFileSelection All { get; } = new([], []);

    public IReadOnlyList<string> Include { get; }

    public IReadOnlyList<string> Exclude { get; }

    /// <summary>Whether anything is chosen at all.</summary>
    public bool Selects => Include.Count + Exclude.Count > 0;

    /// <param name="path">Below the folder, with `/` between names.</param>
    public bool Takes(string path) => _include?.IsMatch(path) != false && _exclude?.IsMatch(path) != true;

    public override string ToString() => string.Join("; ", new[] { ("include", Include), ("exclude", Exclude) }.Where(p => p.Item2.Count > 0).Select(p => $"{p.Item1} {string.Join(", ", p.Item2)}"));

    private static Regex? Compile(IReadOnlyList<string> patterns) => patterns.Count == 0 ? null : new Regex(
        $"^(?:{string.Join('|', patterns.Select(Pattern))})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline);

    private static string Pattern(string glob)
    {
        if (string.IsNullOrWhiteSpace(glob)) throw new OptionsException("a pattern of include or exclude is empty; write one such as *.txt.");
        var text = glob.Replace('\\', '/').TrimStart('/');
        if (text.EndsWith('/')) text += "**";
        if (!glob.Contains('/', StringComparison.Ordinal)) text = $"**/{text}";
        var pattern = new StringBuilder();
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at..].StartsWith("**/", StringComparison.Ordinal)) (_, at) = (pattern.Append("(?:[^/]+/)*"), at + 2);
            else if (text[at..] is "**") (_, at) = (pattern.Append(".*"), at + 1);
            else pattern.Append(text[at] switch { '*' => "[^/]*", '?' => "[^/]", var c => Regex.Escape($"{c}") });
        }
        return pattern.ToString();
    }
}
