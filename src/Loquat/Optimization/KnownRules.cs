namespace Loquat.Optimization;

/// <summary>The update rules that there are: every record derived from <see cref="RuleOptions"/>.</summary>
public static class KnownRules
{
    private static readonly SortedDictionary<string, RuleOptions> _byType = Own();

    /// <summary>Every `type`, in alphabetical order.</summary>
    public static IReadOnlyList<string> Types { get; } = [.. _byType.Keys];

    /// <summary>The options of a `type`, all as by default; null where there is no such rule.</summary>
    public static RuleOptions? Find(string type) => _byType.GetValueOrDefault(type);

    private static SortedDictionary<string, RuleOptions> Own()
    {
        var own = new SortedDictionary<string, RuleOptions>(StringComparer.Ordinal);
        foreach (var type in typeof(RuleOptions).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(RuleOptions)) && !t.IsAbstract))
        {
            var options = (RuleOptions)Activator.CreateInstance(type)!;
            own.Add(options.Type, options);
        }
        return own;
    }
}
