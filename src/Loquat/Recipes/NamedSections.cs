using System.Reflection;
using Loquat.Adapters;
using Loquat.Distillation;
using Loquat.Objectives;
using Loquat.Optimization;
using Loquat.Sweeps.Pruners;
using Loquat.Sweeps.Samplers;

namespace Loquat.Recipes;

/// <summary>A section of a recipe whose `type` decides which other keys it has.</summary>
/// <param name="Path">Where it stands in a recipe.</param>
/// <param name="Base">What the records of all its types derive from.</param>
/// <param name="What">What a type names, to follow "The".</param>
/// <param name="Types">Every `type`.</param>
/// <param name="Find">The record of a type, all as by default; null where there is no such type.</param>
/// <param name="Default">The type of a section that names none; null: it must.</param>
internal sealed record NamedSection(string Path, Type Base, string What, Func<IReadOnlyList<string>> Types, Func<string, object?> Find, string? Default)
{
    /// <summary>The types that have a key.</summary>
    public IEnumerable<string> TypesWith(string key) => Types().Where(type => Keys(type).Any(p => RecipeBinder.Key(p.Name) == key));

    public IEnumerable<PropertyInfo> Keys(string type) => Find(type)!.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite);
}

/// <summary>The sections of recipes and sweeps that have a `type`.</summary>
internal static class NamedSections
{
    /// <summary>The key that names the type.</summary>
    public const string TypeKey = "type";

    private static readonly NamedSection[] _all =
    [
        new("objective", typeof(ObjectiveOptions), "objective", () => KnownObjectives.Types, KnownObjectives.Find, null),
        new("adapter", typeof(AdapterOptions), "adapter", () => KnownAdapters.Types, KnownAdapters.Find, "lora"),
        new("distillation", typeof(DistillationOptions), "loss", () => KnownDistillations.Types, KnownDistillations.Find, "forward_kl"),
        new("training.optimizer", typeof(RuleOptions), "optimizer", () => KnownRules.Types, KnownRules.Find, "adamw"),
        new("training.lr_scheduler", typeof(ScheduleOptions), "schedule", () => KnownSchedules.Types, KnownSchedules.Find, "nanogpt_cosine"),
        // Of sweeps, which are read as recipes are.
        new("sampler", typeof(Sampler), "sampler", () => Sampler.Names, Sampler.Find, "tpe"),
        new("pruner", typeof(Pruner), "pruner", () => Pruner.Names, Pruner.Find, "none"),
    ];

    /// <summary>The section that a key of this type holds; null: it holds something else.</summary>
    public static NamedSection? Find(Type type) => _all.FirstOrDefault(section => section.Base == type);

    /// <summary>The section at a path of keys; null: there is none.</summary>
    public static NamedSection? At(string path) => _all.FirstOrDefault(section => section.Path == path);

    /// <summary>The `type` of a section's record; null where it is none.</summary>
    public static string? TypeOf(object value) => value switch
    {
        ObjectiveOptions objective => objective.Type,
        AdapterOptions adapter => adapter.Type,
        DistillationOptions distillation => distillation.Type,
        RuleOptions rule => rule.Type,
        ScheduleOptions schedule => schedule.Type,
        Sampler sampler => sampler.Type,
        Pruner pruner => pruner.Type,
        _ => null,
    };
}
