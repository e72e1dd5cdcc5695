namespace Loquat.Models;

/// <summary>The kinds of models in words, for errors.</summary>
internal static class ModelKinds
{
    public static string Mismatch(ModelConfig config, Model model, Type wanted) =>
        $"a {config.ModelType} model is {Name(model.GetType())}; this needs {Name(wanted)}.";

    private static string Name(Type type) => type switch
    {
        _ when type.IsAssignableTo(typeof(CausalModel)) => "a causal language model, which continues texts",
        _ when type.IsAssignableTo(typeof(EncoderModel)) => "an encoder, which reads texts whole",
        _ when type.IsAssignableTo(typeof(EncoderDecoderModel)) => "an encoder-decoder, which writes one text from another",
        _ => "another kind of model",
    };
}
