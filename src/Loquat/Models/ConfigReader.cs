using System.Globalization;
using System.Text.Json;
using Loquat.Text.Files;
using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models;

/// <summary>
/// Reads a JSON object of settings, such as a `config.json`, so that nothing in it is ignored in silence: every key is read, or declared to have no
/// bearing (<see cref="Skip(IEnumerable{ConfigKey})"/>), or allowed one value only (<see cref="Only"/>), or refused by name (<see cref="RefuseRest"/>). A key whose value is null is
/// as good as absent. Every fault is one <see cref="CheckpointException"/> that names the file, the key, the value and what is allowed.
/// </summary>
public sealed class ConfigReader
{
    private const int LongestValueShown = 80;

    private readonly string _place; // the file and, of an object within, the key
    private readonly string _prefix;
    private readonly JsonObject _json;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _offered = new(StringComparer.Ordinal);   // of those, the ones that a person may want to give
    private readonly ConfigSource _source;

    /// <param name="path">The file, for errors.</param>
    public ConfigReader(string path, JsonObject json) : this(path, "", json, new ConfigSource())
    {
    }

    /// <param name="prefix">What stands before every key in errors, such as `model.`.</param>
    /// <param name="source">Where the keys stand, and what is done with faults.</param>
    internal ConfigReader(string path, string prefix, JsonObject json, ConfigSource source) => (_place, _prefix, _json, _source) = (path, prefix, json, source);

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointException">It cannot be read, or is not one JSON object without repeated keys.</exception>
    public static ConfigReader Open(string path)
    {
        var text = "";
        try
        {
            text = File.ReadAllText(path);
            var json = JsonNode.Parse(text, documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject ?? throw new JsonException("not an object");
            _ = json.ToJsonString();   // an escape that is no Unicode comes to light when it is read
            return new ConfigReader(path, json);
        }
        catch (JsonException error)
        {
            throw new CheckpointException($"{path}: {TornFile.Describe(text, $"cannot be read as a JSON object of settings: {error.Message}")}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException or ArgumentException)
        {
            throw new CheckpointException($"{path}: cannot be read as a JSON object of settings: {error.Message}", error);
        }
    }

    /// <summary>Whether the key is there with a value other than null.</summary>
    public bool Has(string key)
    {
        _known.Add(key);
        return _json[key] is not null;
    }

    /// <summary>Whether the key is there, be it with null: a setting that is off, where its absence would mean a value of the family's own.</summary>
    internal bool Names(string key) => _json.ContainsKey(key);

    /// <summary>Whether someone has asked for the key.</summary>
    internal bool WasRead(string key) => _known.Contains(key);

    public string Text(string key) => OptionalText(key) ?? Otherwise(Missing(key), "");

    public string? OptionalText(string key)
    {
        Note(key, "string");
        return Value(key, "a text", node => node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null, "");
    }

    /// <summary>A whole number; <paramref name="fallback"/> where it is absent.</summary>
    public int Integer(string key, int? fallback = null, int min = 1)
    {
        Note(key, "integer", min, int.MaxValue, fallback);
        return OptionalInteger(key, min) ?? fallback ?? Otherwise(Missing(key), min);
    }

    public int? OptionalInteger(string key, int min = 1)
    {
        Note(key, "integer", min, int.MaxValue);
        return !Has(key) ? null : Integer(_json[key]!, min) ?? Otherwise(Wrong(key, $"a whole number from {min} to {int.MaxValue}"), min);
    }

    /// <summary>A finite number; <paramref name="fallback"/> where it is absent.</summary>
    public double Number(string key, double? fallback = null, double min = double.MinValue, double max = double.MaxValue)
    {
        Note(key, "number", min, max, fallback);
        return OptionalNumber(key, min, max) ?? fallback ?? Otherwise(Missing(key), Within(min, max));
    }

    public double? OptionalNumber(string key, double min = double.MinValue, double max = double.MaxValue)
    {
        Note(key, "number", min, max);
        return !Has(key) ? null : Number(_json[key]!) is { } number && number >= min && number <= max ? number : Otherwise(Wrong(key, Range(min, max)), Within(min, max));
    }

    /// <summary>A number above 0.</summary>
    public double Positive(string key, double? fallback = null)
    {
        Note(key, "number", 0, fallback: fallback);
        if (!Has(key)) return fallback ?? Otherwise(Missing(key), 1);
        return Number(_json[key]!) is { } number and > 0 ? number : Otherwise(Wrong(key, "a number above 0"), 1);
    }

    /// <summary>A list of numbers above 0.</summary>
    public IReadOnlyList<double> PositiveList(string key)
    {
        Note(key, "array");
        if (!Has(key)) return Otherwise<IReadOnlyList<double>>(Missing(key), []);
        return _json[key] is JsonArray list && list.Select(node => node is null ? null : Number(node)).ToList() is var numbers && numbers.TrueForAll(n => n > 0)
            ? [.. numbers.Select(n => n!.Value)]
            : Otherwise<IReadOnlyList<double>>(Wrong(key, "a list of numbers above 0"), []);
    }

    /// <summary>A list of whole numbers from 1; empty where it is absent.</summary>
    public IReadOnlyList<int> Counts(string key)
    {
        Note(key, "array");
        if (!Has(key)) return [];
        return _json[key] is JsonArray list && list.Select(node => node is null ? null : Integer(node, 1)).ToList() is var numbers && numbers.TrueForAll(n => n is not null)
            ? [.. numbers.Select(n => n!.Value)]
            : Otherwise<IReadOnlyList<int>>(Wrong(key, "a list of whole numbers from 1"), []);
    }

    public bool Flag(string key, bool fallback)
    {
        Note(key, "boolean", fallback: fallback);
        return Value<bool?>(key, "true or false", node => node.GetValueKind() switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }, fallback) ?? fallback;
    }

    /// <summary>One of some names; <paramref name="fallback"/> where it is absent.</summary>
    public string Choice(string key, string? fallback, params IReadOnlyList<string> allowed)
    {
        Note(key, "string", fallback: fallback, choices: allowed);
        if (!Has(key)) return fallback ?? Otherwise(Missing(key), allowed[0]);
        return _json[key]!.GetValueKind() == JsonValueKind.String && _json[key]!.GetValue<string>() is var text && allowed.Contains(text, StringComparer.Ordinal)
            ? text
            : Otherwise(Wrong(key, $"one of {string.Join(", ", allowed)}", _json[key] is JsonValue wrong && wrong.GetValueKind() == JsonValueKind.String ? $" {NearestName.Advice(wrong.GetValue<string>(), allowed)}" : ""), allowed[0]);
    }

    /// <summary>Token ids: one number or a list; null where the key is absent.</summary>
    public IReadOnlyList<int>? Ids(string key)
    {
        if (!Has(key)) return null;
        var ids = Several(key).Select(node => node is null ? null : Integer(node, 0)).ToList();
        return ids.TrueForAll(id => id is not null) ? [.. ids.Select(id => id!.Value)] : Otherwise<IReadOnlyList<int>>(Wrong(key, "a token id, or a list of token ids, from 0"), []);
    }

    /// <summary>A list of lists of token ids; null where the key is absent.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? IdSequences(string key)
    {
        if (!Has(key)) return null;
        if (_json[key] is JsonArray list && list.All(node => node is JsonArray { Count: > 0 } ids && ids.All(id => id is not null && Integer(id, 0) is not null)))
            return [.. list.Select(node => (IReadOnlyList<int>)[.. node!.AsArray().Select(id => Integer(id!, 0)!.Value)])];
        return Otherwise<IReadOnlyList<IReadOnlyList<int>>>(Wrong(key, "a list of lists of token ids, from 0"), []);
    }

    /// <summary>A value of several kinds; null where the key is absent.</summary>
    internal JsonNode? Raw(string key) => Has(key) ? _json[key] : null;

    /// <summary>A list of texts, or one text; empty where the key is absent.</summary>
    public IReadOnlyList<string> Texts(string key)
    {
        Note(key, "array");
        if (!Has(key)) return [];
        var texts = Several(key).Select(node => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : null).ToList();
        return texts.TrueForAll(text => text is not null) ? [.. texts.Select(text => text!)] : Otherwise<IReadOnlyList<string>>(Wrong(key, "a text or a list of texts"), []);
    }

    public ActivationKind Activation(string key, ActivationKind fallback)
    {
        Note(key, "string", fallback: ActivationNames.Of(fallback), choices: [.. ActivationNames.All]);
        if (!Has(key)) return fallback;
        return OptionalText(key) is { } name && ActivationNames.Find(name) is { } kind ? kind : Otherwise(Wrong(key, $"one of {string.Join(", ", ActivationNames.All)}"), fallback);
    }

    /// <summary>The object under a key; null where it is absent.</summary>
    public ConfigReader? Section(string key)
    {
        Note(key, "object");
        return !Has(key) ? null
            : _json[key] is JsonObject section ? new ConfigReader(_place, $"{_prefix}{key}.", section, _source.Within(key)) : Otherwise(Wrong(key, "an object"), (ConfigReader?)null);
    }

    /// <summary>The object under a key, its own keys not looked at; null where it is absent.</summary>
    internal JsonObject? Object(string key) => !Has(key) ? null : _json[key] as JsonObject ?? Otherwise(Wrong(key, "an object"), (JsonObject?)null);

    internal bool SameAs(ConfigReader other) => JsonNode.DeepEquals(_json, other._json);

    /// <summary>Whether every value is an object.</summary>
    internal bool HoldsOnlyObjects => _json.Count > 0 && _json.All(pair => pair.Value is JsonObject);

    /// <summary>Allows a key that Loquat does not build one value only, the one that changes nothing.</summary>
    /// <param name="key">Absent and null are allowed as well.</param>
    /// <param name="neutral">The allowed value as JSON.</param>
    public void Only(string key, string neutral)
    {
        Note(key, neutral is "true" or "false" ? "boolean" : neutral.StartsWith('"') ? "string" : neutral.StartsWith('{') ? "object" : neutral.StartsWith('[') ? "array" : "number");
        if (!Has(key)) return;
        var (value, allowed) = (_json[key]!, JsonNode.Parse(neutral));
        if (!(JsonNode.DeepEquals(value, allowed) || allowed is not null && Number(value) is { } number && number == Number(allowed))) Otherwise(Wrong(key, $"{neutral}: Loquat builds nothing else"), 0);
    }

    /// <summary>Declares keys that have no bearing on what the model computes; only their kind of value is looked at.</summary>
    public void Skip(IEnumerable<ConfigKey> keys)
    {
        foreach (var (key, kind, expected) in keys)
            if (Has(key) && !kind(_json[key]!)) Otherwise(Wrong(key, expected), 0);
    }

    /// <summary>Refuses what no one has asked for.</summary>
    public void RefuseRest()
    {
        foreach (var (key, value) in _json)
            if (value is not null && !_known.Contains(key)) Otherwise(Unknown(key, value), 0);
    }

    public CheckpointException Fault(string message) => new($"{_place}: {message}");

    /// <summary>The value is not what it may be.</summary>
    public CheckpointException Wrong(string key, string allowed) => Wrong(key, allowed, "");

    private CheckpointException Wrong(string key, string allowed, string advice)
    {
        var comma = _json[key] is JsonValue value && value.GetValueKind() == JsonValueKind.String && allowed.Contains("number", StringComparison.Ordinal)
            ? NumberText.Advice(value.GetValue<string>(), whole: allowed.Contains("whole", StringComparison.Ordinal)) : "";
        return new($"{PlaceOf(key)}: {_prefix}{key} is {Shown(_json[key])}; it must be {allowed}.{comma}{advice}");
    }

    private CheckpointException Unknown(string key, JsonNode value) => _source.IsRecipe
        ? new($"{PlaceOf(key)}: unknown key '{_prefix}{key}'. {NearestName.Advice(key, _offered)}")
        : Fault($"{_prefix}{key} is {Shown(value)}; Loquat does not know this setting. Where it changes nothing that the model computes, remove it from the file.");

    private string PlaceOf(string key) => _source.Places?.Invoke(key) ?? _place;

    /// <summary>The end of reading, or a value to go on with where faults are collected.</summary>
    private T Otherwise<T>(CheckpointException fault, T substitute)
    {
        if (_source.Faults is null) throw fault;
        _source.Faults.Add(fault.Message);
        return substitute;
    }

    private void Note(string key, string type, double? min = null, double? max = null, object? fallback = null, IReadOnlyList<string>? choices = null)
    {
        _offered.Add(key);
        if (_prefix.Length == 0 || _prefix.Count(c => c == '.') == 1) _source.Keys?.TryAdd(key, new ConfigKeyUse(type, min is double.MinValue ? null : min, max is double.MaxValue or int.MaxValue ? null : max, fallback, choices));
    }

    private static double Within(double min, double max) => min > 0 ? min : max < 1 ? max : Math.Max(min, 1);

    /// <summary>The elements of a list, or the one value.</summary>
    private IEnumerable<JsonNode?> Several(string key) => _json[key] is JsonArray list ? list.AsEnumerable() : new[] { _json[key] };

    private CheckpointException Missing(string key) => Fault($"{_prefix}{key} is missing.");

    private T? Value<T>(string key, string kind, Func<JsonNode, T?> read, T substitute) => Has(key) ? read(_json[key]!) ?? Otherwise(Wrong(key, kind), substitute) : default;

    private static int? Integer(JsonNode node, int min) =>
        node.GetValueKind() == JsonValueKind.Number && node.AsValue().TryGetValue<int>(out var number) && number >= min ? number : null;

    private static double? Number(JsonNode node) =>
        node.GetValueKind() == JsonValueKind.Number && node.AsValue().TryGetValue<double>(out var number) && double.IsFinite(number) ? number : null;

    private static string Range(double min, double max) => (min, max) switch
    {
        (double.MinValue, double.MaxValue) => "a number",
        (_, double.MaxValue) => string.Create(CultureInfo.InvariantCulture, $"a number from {min}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"),
    };

    private static string Shown(JsonNode? value) => (value?.ToJsonString() ?? "null") is var text && text.Length > LongestValueShown ? $"{text[..LongestValueShown]}…" : text;
}
