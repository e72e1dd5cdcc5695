using System.Buffers;
using System.Text.RegularExpressions;
using Loquat.Models;

namespace Loquat.Adapters;

/// <summary>Which modules the names of an adapter's options choose, by peft's rules.</summary>
internal static class ModuleNames
{
    /// <summary>Every affine map of the hidden layers.</summary>
    public const string All = "all-linear";

    private const string Weight = ".weight";
    private static readonly SearchValues<char> _signs = SearchValues.Create(@"*+?[](){}|^$\");
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(1);

    /// <summary>The affine maps that adapters can stand on.</summary>
    public static IEnumerable<AdaptedMap> Adaptable(ModelConfig model) => model.Parameters()
        .Where(spec => model.TakesAdapter(spec) && spec.Name.EndsWith(Weight, StringComparison.Ordinal))
        .Select(spec => new AdaptedMap(spec.Name[..^Weight.Length], spec, model.KeepsInputsFirst));

    /// <param name="saved">Modules that are trained whole, and so have no adapter.</param>
    /// <param name="strict">Whether each of several names must name one.</param>
    public static IEnumerable<AdaptedMap> Chosen(ModelConfig model, TextList targets, TextList excluded, TextList saved, bool strict)
    {
        var maps = Adaptable(model).Where(map => !Within(map.Weight.Name, saved)).ToList();
        if (targets is [All]) return maps.Where(map => !(model.IsOfHead(map.Weight.Name) && !map.Module.StartsWith(model.BasePrefix, StringComparison.Ordinal)) && !Matches(map.Module, excluded));
        var known = maps.Select(map => map.Module).ToHashSet(StringComparer.Ordinal);
        foreach (var name in model.Parameters().Select(p => p.Name).Where(name => name.EndsWith(Weight, StringComparison.Ordinal)).Select(name => name[..^Weight.Length]))
            if (!known.Contains(name) && Matches(name, targets) && !Matches(name, excluded) && !Within(name + Weight, saved) && !IsPattern(targets))
                throw new OptionsException($"adapter.target_modules names {name}, on which adapters do not stand: it is no affine map of a hidden layer{(model.Parameters().Any(model.TakesAdapter) ? "" : $", and a {model.ModelType} has none that takes them")}. To train it whole, name it in modules_to_save.");
        if (strict && !IsPattern(targets))
            foreach (var target in targets)
                if (!known.Any(name => Matches(name, new TextList([target]))))
                    throw new OptionsException($"adapter.target_modules: no affine map of this {model.ModelType} model ends in '{target}'. {NearestName.Advice(target, [.. known.Select(name => name.Split('.')[^1]).Distinct()])}");
        return maps.Where(map => Matches(map.Module, targets) && !Matches(map.Module, excluded));
    }

    /// <summary>Whether names choose a module: one that is it or an end of it, or one regular expression for all of it.</summary>
    public static bool Matches(string module, TextList names)
    {
        if (IsPattern(names)) return Fits(names[0], module);
        return names.Any(name => module == name || module.EndsWith($".{name}", StringComparison.Ordinal));
    }

    /// <summary>Whether a parameter lies in one of the modules.</summary>
    public static bool Within(string parameter, TextList modules)
    {
        if (modules.Count == 0) return false;
        for (var end = parameter.LastIndexOf('.'); end > 0; end = parameter.LastIndexOf('.', end - 1))
            if (modules.Any(name => parameter[..end] == name || parameter[..end].EndsWith($".{name}", StringComparison.Ordinal))) return true;
        return false;
    }

    /// <summary>The first of such names that fits a module, whole or from a dot on; null: none.</summary>
    public static string? KeyOf(IEnumerable<string> patterns, string module) => patterns.FirstOrDefault(pattern => Fits($@"(.*\.)?({pattern})", module));

    /// <summary>The number of a layer in the name of one of its modules: what follows one of the patterns, or the first number between dots.</summary>
    public static int? Layer(string module, TextList patterns)
    {
        foreach (var pattern in patterns.Count > 0 ? patterns : (IEnumerable<string>)[@"[^.]*"])
            if (Match($@"^.*\.{pattern}\.(\d+)\.", module) is { Success: true } match && int.TryParse(match.Groups[^1].ValueSpan, out var layer)) return layer;
        return null;
    }

    /// <summary>Whether the names are one regular expression for whole names.</summary>
    public static bool IsPattern(TextList names) => names.Count == 1 && names[0].AsSpan().ContainsAny(_signs);

    private static bool Fits(string pattern, string text) => Match($@"\A(?:{pattern})\z", text).Success;

    private static Match Match(string pattern, string text)
    {
        try
        {
            return Regex.Match(text, pattern, RegexOptions.CultureInvariant, _longest);
        }
        catch (RegexMatchTimeoutException error)
        {
            throw new OptionsException($"the regular expression '{pattern}' takes too long for the name '{text}'. Write it without nested repetitions.", error);
        }
        catch (ArgumentException error)
        {
            throw new OptionsException($"'{pattern}' is not a regular expression: {error.Message}", error);
        }
    }
}
