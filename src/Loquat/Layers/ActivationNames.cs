namespace Loquat.Layers;

/// <summary>The names that `config.json` has for activations. Some functions have several.</summary>
public static class ActivationNames
{
    private static readonly (string Name, ActivationKind Kind)[] _names =
    [
        ("gelu_new", ActivationKind.GeluNew), ("gelu_pytorch_tanh", ActivationKind.GeluNew), ("gelu_fast", ActivationKind.GeluNew), ("gelu_accurate", ActivationKind.GeluNew),
        ("gelu", ActivationKind.Gelu), ("gelu_python", ActivationKind.Gelu), ("quick_gelu", ActivationKind.QuickGelu), ("silu", ActivationKind.Silu), ("swish", ActivationKind.Silu),
        ("relu", ActivationKind.Relu), ("relu2", ActivationKind.Relu2), ("tanh", ActivationKind.Tanh), ("sigmoid", ActivationKind.Sigmoid), ("mish", ActivationKind.Mish),
        ("leaky_relu", ActivationKind.LeakyRelu), ("elu", ActivationKind.Elu), ("softplus", ActivationKind.Softplus), ("linear", ActivationKind.Linear),
    ];

    /// <summary>Every name that is known.</summary>
    public static IEnumerable<string> All => _names.Select(pair => pair.Name);

    /// <summary>The function of a name; null where none has it.</summary>
    public static ActivationKind? Find(string name) => _names.Where(pair => pair.Name == name).Select(pair => (ActivationKind?)pair.Kind).FirstOrDefault();

    /// <summary>The name under which a function is written.</summary>
    public static string Of(ActivationKind kind) => _names.First(pair => pair.Kind == kind).Name;
}
