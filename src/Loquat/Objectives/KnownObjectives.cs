using Loquat.Models;

namespace Loquat.Objectives;

/// <summary>The objectives that are known.</summary>
public static class KnownObjectives
{
    private static readonly Lock _lock = new();
    private static readonly SortedDictionary<string, ObjectiveOptions> _byType = Own();

    /// <summary>Every `type`, in alphabetical order.</summary>
    public static IReadOnlyList<string> Types
    {
        get
        {
            lock (_lock) return [.. _byType.Keys];
        }
    }

    /// <summary>Registers an objective of one's own.</summary>
    /// <param name="defaults">Its options, all as by default.</param>
    /// <exception cref="OptionsException">Another has its name.</exception>
    public static void Add(ObjectiveOptions defaults)
    {
        lock (_lock)
            if (!_byType.TryAdd(defaults.Type, defaults) && _byType[defaults.Type].GetType() != defaults.GetType()) throw new OptionsException($"there is an objective '{defaults.Type}' already.");
    }

    /// <summary>The options of a `type`, all as by default; null where there is no such objective.</summary>
    public static ObjectiveOptions? Find(string type)
    {
        lock (_lock) return _byType.GetValueOrDefault(type);
    }

    /// <summary>The usual objective of a kind of models.</summary>
    public static ObjectiveOptions UsualOf(ModelKind kind)
    {
        lock (_lock) return _byType.Values.First(options => options.Usual == kind);
    }

    private static SortedDictionary<string, ObjectiveOptions> Own()
    {
        var own = new SortedDictionary<string, ObjectiveOptions>(StringComparer.Ordinal);
        foreach (var type in typeof(ObjectiveOptions).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ObjectiveOptions)) && !t.IsAbstract))
        {
            var options = (ObjectiveOptions)Activator.CreateInstance(type)!;
            own.Add(options.Type, options);
        }
        return own;
    }
}
