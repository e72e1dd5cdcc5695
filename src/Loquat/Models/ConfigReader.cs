using System.Text.Json;
using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models;

/// <summary>Reads the fields of a `config.json` with errors that name the file and the field.</summary>
public sealed class ConfigReader(string path, JsonObject json)
{
    public string Text(string field) => Value<string>(field, "a text") ?? throw Missing(field);

    public int Integer(string field, int? fallback = null)
    {
        var value = Has(field) ? Value<int>(field, "a whole number") : fallback ?? throw Missing(field);
        return value > 0 ? value : throw new CheckpointException($"{path}: {field} is {value}; it must be positive.");
    }

    public double Number(string field, double fallback) => Has(field) ? Value<double>(field, "a number") : fallback;

    public bool Flag(string field, bool fallback) => Has(field) ? Value<bool>(field, "true or false") : fallback;

    public int? Id(string field) => json[field] switch
    {
        JsonArray { Count: > 0 } several => several[0]!.GetValue<int>(),
        JsonValue => Value<int>(field, "a token id"),
        _ => null,
    };

    /// <summary>`rope_theta`, which transformers 5 keeps in `rope_parameters`. Other kinds of scaling are refused.</summary>
    public double RopeTheta(double fallback)
    {
        if ((json["rope_parameters"] ?? json["rope_scaling"]) is not JsonObject rope) return Number("rope_theta", fallback);
        var type = (rope["rope_type"] ?? rope["type"])?.GetValue<string>() ?? "default";
        if (type != "default") throw new CheckpointException($"{path}: rope_type is '{type}'; Loquat knows 'default'.");
        return rope["rope_theta"]?.GetValue<double>() ?? Number("rope_theta", fallback);
    }

    public ActivationKind Activation(string field, string fallback) => (Has(field) ? Text(field) : fallback) switch
    {
        "gelu_new" or "gelu_pytorch_tanh" => ActivationKind.GeluNew,
        "silu" or "swish" => ActivationKind.Silu,
        "relu2" => ActivationKind.Relu2,
        var other => throw new CheckpointException($"{path}: {field} is '{other}'; allowed are gelu_new, gelu_pytorch_tanh, silu and relu2."),
    };

    public CheckpointException Fault(string message) => new($"{path}: {message}");

    private bool Has(string field) => json[field] is not null;

    private T? Value<T>(string field, string kind)
    {
        try
        {
            return json[field] is { } node ? node.GetValue<T>() : default;
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException or JsonException)
        {
            throw new CheckpointException($"{path}: {field} is {json[field]!.ToJsonString()}; it must be {kind}.", error);
        }
    }

    private CheckpointException Missing(string field) => new($"{path}: {field} is missing.");
}
