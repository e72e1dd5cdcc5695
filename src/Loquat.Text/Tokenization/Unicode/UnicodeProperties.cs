namespace Loquat.Text.Tokenization.Unicode;

/// <summary>
/// The properties that Oniguruma knows by name: scripts, categories, binary properties, POSIX classes, blocks; and its case folds.
/// In a resource of their own, read when a pattern first asks, for few tokenizers do.
/// </summary>
internal static class UnicodeProperties
{
    private static readonly Dictionary<string, int> _names = [];
    private static readonly int[][] _sets;

    static UnicodeProperties()
    {
        var content = PackedReader.Open("UnicodeProperties.br");
        var (names, sets) = (content.Section(), content.Section());
        Folds = content.Section();
        for (var count = names.Number(); count > 0; count--) _names[names.Word()] = names.Number();
        _sets = new int[sets.Number()][];
        for (var i = 0; i < _sets.Length; i++) _sets[i] = sets.Ranges();
    }

    /// <summary>Lower-case, without spaces, hyphens and low lines.</summary>
    public static IEnumerable<string> Names => _names.Keys;

    public static PackedReader Folds { get; }

    /// <summary>First and last code points of each range in turn, in order; null where the name is none.</summary>
    public static int[]? Ranges(string name) => _names.TryGetValue(name, out var set) ? _sets[set] : null;
}
