namespace Loquat.Models;

/// <summary>Where settings stand, and what is done with their faults: a file that holds nothing else, or a section of a recipe.</summary>
internal sealed record ConfigSource
{
    /// <summary>Of a key, the file and line; null: the file is enough.</summary>
    public Func<string, string?>? Places { get; init; }

    /// <summary>Collects faults, so that a user sees all of them at once; null: the first ends reading.</summary>
    public List<string>? Faults { get; init; }

    /// <summary>Whether the settings were written by hand: an unknown key is then a slip, and not another program's setting.</summary>
    public bool IsRecipe { get; init; }

    /// <summary>Collects what each key may hold; null: no one wants to know.</summary>
    public Dictionary<string, ConfigKeyUse>? Keys { get; init; }

    /// <summary>The same for an object under a key: its keys are not told apart by line.</summary>
    public ConfigSource Within(string key) => this with { Places = Places is null ? null : _ => Places(key), Keys = null };
}

/// <summary>What a key of a configuration may hold.</summary>
/// <param name="Type">As JSON Schema names it.</param>
/// <param name="Min">The least number; null: any.</param>
/// <param name="Max">The largest number; null: any.</param>
/// <param name="Default">What an absent key means; null: it must be there, or follows from others.</param>
/// <param name="Choices">The names allowed; null: any.</param>
internal sealed record ConfigKeyUse(string Type, double? Min, double? Max, object? Default, IReadOnlyList<string>? Choices);
