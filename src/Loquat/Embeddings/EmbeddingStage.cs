using Loquat.Checkpoints;
using Loquat.Layers;
using Loquat.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Embeddings;

/// <summary>What is done with the pooled vectors: a module of sentence-transformers after its pooling.</summary>
internal abstract class EmbeddingStage : IDisposable
{
    /// <summary>Elements of what it gives.</summary>
    /// <param name="width">Elements of what it takes.</param>
    public virtual int WidthAfter(int width) => width;

    /// <param name="vectors">(B, D) float32.</param>
    public abstract Tensor Apply(Tensor vectors);

    /// <summary>What it holds.</summary>
    protected virtual IEnumerable<Tensor> Tensors => [];

    public void Dispose()
    {
        foreach (var tensor in Tensors) tensor.Dispose();
    }
}

/// <summary>`Normalize`: unit length.</summary>
internal sealed class UnitLength : EmbeddingStage
{
    public override Tensor Apply(Tensor vectors) => vectors / vectors.norm(1, keepdim: true).clamp(min: 1e-12);
}

/// <summary>`Dense`: an affine map and an activation.</summary>
internal sealed class DenseStage : EmbeddingStage
{
    private readonly Tensor _weight;
    private readonly Tensor? _bias;
    private readonly ActivationKind? _activation;
    private readonly int _inputs;
    private readonly string _folder;

    public DenseStage(string folder, Device device)
    {
        _folder = folder;
        var fields = ConfigReader.Open(Path.Combine(folder, ModelFolder.ConfigFile));
        _inputs = fields.Integer("in_features");
        var outputs = fields.Integer("out_features");
        var bias = fields.Flag("bias", true);
        // The full name of a class of PyTorch.
        var name = (fields.OptionalText("activation_function") ?? "Tanh").Split('.')[^1];
        _activation = name switch
        {
            "Identity" => null,
            "Tanh" => ActivationKind.Tanh,
            "ReLU" => ActivationKind.Relu,
            "GELU" => ActivationKind.Gelu,
            "SiLU" => ActivationKind.Silu,
            "Sigmoid" => ActivationKind.Sigmoid,
            _ => throw fields.Wrong("activation_function", "Identity, Tanh, ReLU, GELU, SiLU or Sigmoid of torch.nn"),
        };
        fields.RefuseRest();
        var tensors = ModuleWeights.Read(folder, device, [("linear.weight", [outputs, _inputs]), .. bias ? [("linear.bias", [outputs])] : ((string, long[])[])[]]);
        (_weight, _bias) = (tensors[0], bias ? tensors[1] : null);
    }

    public override int WidthAfter(int width) => width == _inputs ? (int)_weight.shape[0]
        : throw new CheckpointException($"{_folder}: in_features is {_inputs}; the module before gives {width}.");

    public override Tensor Apply(Tensor vectors)
    {
        var y = nn.functional.linear(vectors, _weight, _bias);
        return _activation is { } kind ? Activation.Apply(y, kind) : y;
    }

    protected override IEnumerable<Tensor> Tensors => _bias is null ? [_weight] : [_weight, _bias];
}

/// <summary>`LayerNorm`.</summary>
internal sealed class LayerNormStage : EmbeddingStage
{
    private readonly int _width;
    private readonly string _folder;
    private readonly Tensor[] _tensors;

    public LayerNormStage(string folder, Device device)
    {
        _folder = folder;
        var fields = ConfigReader.Open(Path.Combine(folder, ModelFolder.ConfigFile));
        _width = fields.Integer("dimension");
        fields.RefuseRest();
        _tensors = ModuleWeights.Read(folder, device, [("norm.weight", [_width]), ("norm.bias", [_width])]);
    }

    public override int WidthAfter(int width) => width == _width ? width : throw new CheckpointException($"{_folder}: dimension is {_width}; the module before gives {width}.");

    public override Tensor Apply(Tensor vectors) => nn.functional.layer_norm(vectors, [_width], _tensors[0], _tensors[1], 1e-5);

    protected override IEnumerable<Tensor> Tensors => _tensors;
}

/// <summary>The tensors of a module's folder.</summary>
internal static class ModuleWeights
{
    /// <exception cref="CheckpointException">There is no such file, or a tensor is missing or of another shape.</exception>
    public static Tensor[] Read(string folder, Device device, IReadOnlyList<(string Name, long[] Shape)> wanted)
    {
        var path = Path.Combine(folder, ModelFolder.WeightsFile);
        if (!File.Exists(path)) throw new CheckpointException($"{path}: there is no such file. Weights in pytorch_model.bin can run code and are never read; convert them to safetensors first.");
        using var file = SafetensorsFile.Open(path);
        return [.. wanted.Select(tensor =>
        {
            if (!file.Entries.TryGetValue(tensor.Name, out var entry)) throw new CheckpointException($"{path}: there is no tensor '{tensor.Name}'.");
            if (!entry.Shape.SequenceEqual(tensor.Shape)) throw new CheckpointException($"{path}: tensor '{tensor.Name}' has shape [{string.Join(", ", entry.Shape)}]; by its config.json it is [{string.Join(", ", tensor.Shape)}].");
            using var scope = NewDisposeScope();
            return file.Load(tensor.Name).to(ScalarType.Float32).to(device).DetachFromDisposeScope();
        })];
    }
}
