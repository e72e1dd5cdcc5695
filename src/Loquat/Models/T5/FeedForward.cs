using Loquat.Layers;

namespace Loquat.Models.T5;

/// <summary>`feed_forward_proj`: the name of an activation, with `gated-` before it where a gate decides. `gated-gelu` means GELU in its tanh form.</summary>
internal static class FeedForward
{
    private const string Key = "feed_forward_proj";
    private const string Gated = "gated-";

    public static (ActivationKind Activation, bool Gated) Read(ConfigReader fields)
    {
        var name = fields.OptionalText(Key) ?? "relu";
        var gated = name.StartsWith(Gated, StringComparison.Ordinal);
        var plain = gated ? name[Gated.Length..] : name;
        var kind = name == "gated-gelu" ? ActivationKind.GeluNew : ActivationNames.Find(plain) ?? throw fields.Wrong(Key, $"one of {string.Join(", ", ActivationNames.All)}, or one of these after {Gated}");
        // What follows from it is written beside it; a file that says otherwise cannot be meant.
        if (fields.Activation("dense_act_fn", kind) != kind) throw fields.Wrong("dense_act_fn", $"{ActivationNames.Of(kind)}, as {Key} '{name}' says");
        if (fields.Flag("is_gated_act", gated) != gated) throw fields.Wrong("is_gated_act", $"{(gated ? "true" : "false")}, as {Key} '{name}' says");
        return (kind, gated);
    }

    public static string Of(ActivationKind kind, bool gated) => !gated ? ActivationNames.Of(kind) : kind == ActivationKind.GeluNew ? "gated-gelu" : Gated + ActivationNames.Of(kind);
}
