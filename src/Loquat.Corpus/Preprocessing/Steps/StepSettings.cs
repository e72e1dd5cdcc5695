using System.Globalization;

namespace Loquat.Corpus.Preprocessing.Steps;

/// <summary>A step as a recipe names it: its name and what is set for it.</summary>
/// <example><c>near_dedup:threshold=0.7:shingle_size=5</c></example>
public sealed record StepSettings(string Name, IReadOnlyDictionary<string, string> Values)
{
    /// <summary>Reads <c>name:key=value:key=value</c>. A value that is a list has its parts divided by +.</summary>
    /// <exception cref="OptionsException">A part is no <c>key=value</c>.</exception>
    public static StepSettings Parse(string text)
    {
        var parts = text.Split(':');
        var values = new Dictionary<string, string>();
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf('=');
            if (equals < 1) throw new OptionsException($"step '{text}': '{part}' is no setting; write {parts[0]}:key=value.");
            values[part[..equals].Trim()] = part[(equals + 1)..].Trim();
        }
        return new(parts[0].Trim(), values);
    }

    public override string ToString() => Values.Count == 0 ? Name : $"{Name}:{string.Join(':', Values.Select(v => $"{v.Key}={v.Value}"))}";
}

/// <summary>Reads the settings of one step, each by its name, and refuses those that no one asked for.</summary>
internal sealed class SettingReader(StepSettings settings)
{
    private readonly HashSet<string> _known = [];

    public string? Text(string key)
    {
        _known.Add(key);
        return settings.Values.GetValueOrDefault(key);
    }

    public double Number(string key, double otherwise, double least, double most)
    {
        if (Text(key) is not { } text) return otherwise;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : throw new OptionsException($"step {settings.Name}: {key} is '{text}'; it must be a number from {least.ToString(CultureInfo.InvariantCulture)} to {most.ToString(CultureInfo.InvariantCulture)}.");
    }

    public int Whole(string key, int otherwise, int least = 0, int most = int.MaxValue)
    {
        if (Text(key) is not { } text) return otherwise;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : throw new OptionsException($"step {settings.Name}: {key} is '{text}'; it must be a whole number from {least} to {most}.");
    }

    public bool Switch(string key, bool otherwise) => Text(key) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        var text => throw new OptionsException($"step {settings.Name}: {key} is '{text}'; it must be true or false."),
    };

    public IReadOnlyList<string>? List(string key) => Text(key)?.Split(['+', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <exception cref="OptionsException">A setting was not asked for.</exception>
    public void Finish()
    {
        foreach (var key in settings.Values.Keys)
            if (!_known.Contains(key)) throw new OptionsException($"step {settings.Name} has no setting '{key}'. " + (_known.Count == 0 ? "It has none." : $"It has {string.Join(", ", _known.Order(StringComparer.Ordinal))}."));
    }
}
