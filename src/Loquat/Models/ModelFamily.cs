using System.Text.Json.Nodes;

namespace Loquat.Models;

/// <summary>
/// A family of architectures: which `model_type`s it has, and how their `config.json` is read. A family is one folder; deriving this class there is all that registers it.
/// Families of other programs are added with <see cref="ModelFamilies.Add"/>.
/// </summary>
public abstract class ModelFamily
{
    /// <summary>The `model_type`s that it reads.</summary>
    public abstract IReadOnlyList<string> ModelTypes { get; }

    /// <summary>Reads the architecture's own keys; what any `config.json` may hold besides is read for it.</summary>
    /// <exception cref="CheckpointException">A missing or impossible value, or a setting that is not built; the message names it.</exception>
    public abstract ModelConfig Read(ConfigReader fields);

    /// <summary>
    /// Completes the keys that a recipe gives: sizes of a small model where it gives none, what follows from others, and values of Loquat's where those of published models
    /// are not wanted for one that starts anew (dropout 0). Default: a recipe must give all that a `config.json` must.
    /// </summary>
    public virtual void Start(JsonObject keys)
    {
    }

    /// <summary>Puts in a key that is not given.</summary>
    protected static void Default(JsonObject keys, string key, JsonNode value)
    {
        if (keys[key] is null) keys[key] = value;
    }

    /// <summary>A whole number that is given, or null.</summary>
    protected static int? Given(JsonObject keys, string key) => keys[key] is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;
}

/// <summary>The families that are known: every <see cref="ModelFamily"/> of Loquat, and those added.</summary>
public static class ModelFamilies
{
    private static readonly Lock _lock = new();
    private static readonly SortedDictionary<string, ModelFamily> _byType = Own();

    /// <summary>Every `model_type` that can be built, in alphabetical order.</summary>
    public static IReadOnlyList<string> ModelTypes
    {
        get
        {
            lock (_lock) return [.. _byType.Keys];
        }
    }

    /// <summary>Registers a family of one's own.</summary>
    /// <exception cref="OptionsException">Another family has one of its types.</exception>
    public static void Add(ModelFamily family)
    {
        lock (_lock)
        {
            foreach (var type in family.ModelTypes)
                if (_byType.TryGetValue(type, out var other) && other.GetType() != family.GetType()) throw new OptionsException($"model_type '{type}' is read by {other.GetType().Name} already.");
            foreach (var type in family.ModelTypes) _byType[type] = family;
        }
    }

    /// <returns>Null where no family reads the type.</returns>
    public static ModelFamily? Find(string modelType)
    {
        lock (_lock) return _byType.GetValueOrDefault(modelType);
    }

    private static SortedDictionary<string, ModelFamily> Own()
    {
        var families = new SortedDictionary<string, ModelFamily>(StringComparer.Ordinal);
        foreach (var type in typeof(ModelFamily).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ModelFamily)) && !t.IsAbstract))
        {
            var family = (ModelFamily)Activator.CreateInstance(type)!;
            foreach (var name in family.ModelTypes) families.Add(name, family);
        }
        return families;
    }
}
