using System.Text.Json.Nodes;
using Loquat.Evaluation;

namespace Loquat.Tasks;

/// <summary>Results of tasks as JSON; a number that there is none of is null.</summary>
public static class TaskJson
{
    /// <summary>A task of a model: `task`, `model`, `count`, `few_shot`, `metrics`, `categories`, `caveat`.</summary>
    public static JsonObject Of(TaskResult result)
    {
        var json = new JsonObject
        {
            ["task"] = result.Task.Name,
            ["model"] = result.Model,
            ["count"] = result.Documents.Count,
            ["few_shot"] = result.FewShot,
            ["metrics"] = Metrics(result.Metrics),
        };
        if (result.Categories.Count > 0)
        {
            var categories = new JsonObject();
            foreach (var category in result.Categories) categories[category.Name] = new JsonObject { ["count"] = category.Count, ["metrics"] = Metrics(category.Metrics) };
            json["categories"] = categories;
        }
        if (result.Contamination.Count > 0)
        {
            var contamination = new JsonObject();
            foreach (var group in result.Contamination) contamination[group.Name] = new JsonObject { ["count"] = group.Count, ["metrics"] = Metrics(group.Metrics) };
            json["contamination"] = contamination;
        }
        if (result.Task.Caveat is { } caveat) json["caveat"] = caveat;
        return json;
    }

    /// <summary>A comparison: `task`, `metric`, `difference`, `p_value`, `test`, `is_difference`.</summary>
    public static JsonObject Of(ModelComparison comparison) => new()
    {
        ["task"] = comparison.Task,
        ["metric"] = comparison.Metric,
        ["difference"] = Of(comparison.Difference),
        ["p_value"] = Number(comparison.PValue),
        ["test"] = comparison.Test,
        ["is_difference"] = comparison.IsDifference,
    };

    private static JsonObject Metrics(IReadOnlyList<TaskMetric> metrics)
    {
        var json = new JsonObject();
        foreach (var metric in metrics) json[metric.Name] = Of(metric.Estimate);
        return json;
    }

    private static JsonObject Of(Estimate estimate) => new() { ["value"] = Number(estimate.Value), ["stderr"] = Number(estimate.StandardError), ["low"] = Number(estimate.Low), ["high"] = Number(estimate.High) };

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
