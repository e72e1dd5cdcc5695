namespace Loquat.Models;

/// <summary>The kinds of models in words, for errors.</summary>
internal static class ModelKinds
{
    /// <exception cref="OptionsException">The model is of another kind.</exception>
    public static TModel Require<TModel>(Model model) where TModel : Model => model as TModel ?? throw new OptionsException(Mismatch(model.Config, model, typeof(TModel)));

    public static string Name(ModelKind kind) => Name(kind switch { ModelKind.Causal => typeof(CausalModel), ModelKind.Encoder => typeof(EncoderModel), _ => typeof(EncoderDecoderModel) });

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
