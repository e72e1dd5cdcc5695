using System.Text.Json.Nodes;
using Loquat.Layers;

namespace Loquat.Models;

/// <summary>The hyperparameters of an architecture: what `config.json` of a checkpoint holds, under its names.</summary>
public abstract record ModelConfig
{
    /// <summary>Hugging Face `model_type`.</summary>
    public abstract string ModelType { get; }

    /// <summary>Tokens that the model knows: rows of its embedding. In recipes 0 stands for those of the tokenizer; a model is built with 1 or more.</summary>
    public int VocabSize { get; init; }

    /// <summary>The longest sequence, in tokens.</summary>
    public abstract int ContextLength { get; }

    public abstract int Layers { get; }

    public abstract int Width { get; }

    /// <summary>The token that begins a text where nothing else does; null: none.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Tokens that end a text: `eos_token_id` of `generation_config.json`, or else of `config.json`. Default: none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>What the model reads and gives. Default: a causal model.</summary>
    public virtual ModelKind Kind => ModelKind.Causal;

    /// <summary>The configuration of a new model for a tokenizer: as many tokens, unless more are asked for, and its special ones. Families that keep other special tokens add theirs.</summary>
    /// <exception cref="OptionsException">It asks for fewer tokens than the tokenizer has.</exception>
    public virtual ModelConfig For(TokenRoles tokens)
    {
        if (VocabSize > 0 && VocabSize < tokens.Count)
            throw new OptionsException($"model.vocab_size is {VocabSize}; the tokenizer has {tokens.Count} tokens. Give {tokens.Count} or more, or leave it out.");
        return this with { VocabSize = Math.Max(tokens.Count, VocabSize), BosTokenId = tokens.End, EosTokenIds = tokens.End is { } id ? [id] : [] };
    }

    /// <summary>Every parameter's name, shape, start and role, in the order of the forward pass. Made one by one: a file may ask for any number of layers.</summary>
    public abstract IEnumerable<ParameterSpec> Parameters();

    /// <summary>Whether a parameter is the weight of an affine map that adapters can stand on. Default: every matrix of hidden layers.</summary>
    public virtual bool TakesAdapter(ParameterSpec parameter) => parameter.Role == ParameterRole.Matrix && parameter.Shape.Length == 2;

    /// <summary>Whether matrices are kept as (inputs, outputs), as GPT-2's files have them. Default: (outputs, inputs).</summary>
    public virtual bool KeepsInputsFirst => false;

    /// <summary>Heads and their size of the keys and values that a layer keeps; null: it keeps none, or not these alone, and nothing can stand before its texts.</summary>
    public virtual (int Heads, int HeadSize)? CachedKeys => null;

    /// <summary>Tensors that are saved with the parameters and never trained. A file may lack one: it then is as it starts. Default: none.</summary>
    public virtual IEnumerable<ParameterSpec> Buffers() => [];

    /// <summary>Number of parameters; a tied head counts once.</summary>
    public long ParameterCount() => Parameters().Sum(p => p.Count);

    /// <summary>What base models leave out of their parameters' names: "model." for example.</summary>
    public abstract string BasePrefix { get; }

    /// <summary>Ends of the names of tensors that are no parameters but tables which older programs saved with them, and which the model computes itself.</summary>
    public virtual IReadOnlyList<string> SavedTables => [];

    /// <summary>How the names of parameters begin that are no part of the base model, and so never have <see cref="BasePrefix"/>: those of heads.</summary>
    public virtual IReadOnlyList<string> HeadPrefixes => ["lm_head."];

    /// <summary>Names under which a file may hold a parameter a second time, and the parameter that each must equal. Default: a tied head is the first parameter, the embedding.</summary>
    public virtual IEnumerable<(string Alias, string Parameter)> Tied => TiesHead ? [("lm_head.weight", Parameters().First().Name)] : [];

    /// <summary>Names of parameters that files of this family may hold though this model has no use for them: those of other heads. They are passed over.</summary>
    public virtual IEnumerable<string> OtherHeads => [];

    /// <summary>Whether a parameter belongs to a head, and may be started anew where a model is given another one.</summary>
    public virtual bool IsOfHead(string name) => HeadPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The name that a tensor of an older program has now.</summary>
    public virtual string Renamed(string name) => name;

    /// <summary>This configuration, or what it must be for a file of such tensors where `config.json` does not say: a base model with or without its pooler.</summary>
    /// <param name="names">Names as the model has them.</param>
    public virtual ModelConfig For(IReadOnlyCollection<string> names) => this;

    /// <summary>Refuses a model that is larger than the memory, before any of it is made.</summary>
    /// <exception cref="MachineException">The parameters alone do not fit.</exception>
    internal void CheckMemory(Placement placement)
    {
        if (placement.Device.type != TorchSharp.DeviceType.CPU) return;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var needed = 0.0;
        foreach (var spec in Parameters())
            if ((needed += (double)spec.Count * (placement.For(spec.Role) == TorchSharp.torch.ScalarType.Float32 ? 4 : 2)) > memory)
                throw new MachineException($"the weights of this {ModelType} model ({Layers} layers, {Width} wide, {VocabSize} tokens) need more than the {memory / 1e9:0.0} GB of memory that this machine has. Choose a smaller model.");
    }

    /// <summary>Multiplications in matrix products for one token forward: parameters used as matrices, the head included, plus attention at the given context.</summary>
    public virtual long ProductsPerToken(int context)
    {
        var matrices = Parameters().Where(p => p.Role is ParameterRole.Matrix or ParameterRole.Head).Sum(p => p.Count);
        if (TiesHead) matrices += (long)VocabSize * Width;
        return matrices + 2L * Layers * AttentionWidth * context;
    }

    public abstract bool TiesHead { get; }

    /// <summary>Query heads times head size.</summary>
    public abstract int AttentionWidth { get; }

    public abstract JsonObject ToJson();

    /// <summary>The model with its starting weights.</summary>
    /// <param name="seed">Of the starting weights; null: none are set, for those that are read from a file.</param>
    /// <exception cref="OptionsException">A value of this configuration is impossible; the message names all of them.</exception>
    /// <exception cref="MachineException">It does not fit the memory.</exception>
    public abstract Model Build(Placement placement, ulong? seed);

    /// <summary>As <see cref="Build(Placement, ulong?)"/>, of a kind that the caller needs.</summary>
    /// <exception cref="OptionsException">The architecture is of another kind, or the configuration impossible.</exception>
    /// <exception cref="MachineException">It does not fit the memory.</exception>
    public TModel Build<TModel>(Placement placement, ulong? seed) where TModel : Model
    {
        var model = Build(placement, seed);
        if (model is TModel wanted) return wanted;
        model.Dispose();
        throw new OptionsException(ModelKinds.Mismatch(this, model, typeof(TModel)));
    }

    /// <summary>What is impossible in this configuration, a sentence each; none for one that can be built.</summary>
    protected abstract IEnumerable<string> Faults();

    /// <summary>The first of what is impossible; null: nothing is.</summary>
    internal string? Fault() => Faults().FirstOrDefault();

    /// <summary>The same configuration.</summary>
    /// <exception cref="OptionsException">Values out of their range; the message names all of them.</exception>
    public ModelConfig Validated()
    {
        List<string> faults = [.. Faults()];
        return faults.Count == 0 ? this : throw new OptionsException($"a {ModelType} cannot be built: {string.Join(' ', faults)}");
    }

    /// <summary>The matrix (outputs, inputs) of an affine map, and its bias, which starts at 0.</summary>
    protected static IEnumerable<ParameterSpec> Affine(string name, long outputs, long inputs, Initializer initializer, bool bias = true)
    {
        yield return new($"{name}.weight", [outputs, inputs], initializer, ParameterRole.Matrix);
        if (bias) yield return new($"{name}.bias", [outputs], Initializer.Zeros, ParameterRole.Vector);
    }

    /// <summary>The gain of a normalization, which starts at 1, and its bias, which starts at 0.</summary>
    protected static IEnumerable<ParameterSpec> Norm(string name, long width, bool bias = true)
    {
        yield return new($"{name}.weight", [width], Initializer.Ones, ParameterRole.Vector);
        if (bias) yield return new($"{name}.bias", [width], Initializer.Zeros, ParameterRole.Vector);
    }

    protected static IEnumerable<string> NotPositive(params IEnumerable<(string Name, int Value)> values) =>
        values.Where(v => v.Value < 1).Select(v => $"{v.Name} is {v.Value}; allowed: 1 or more.");

    /// <param name="allowed">Must be false for NaN.</param>
    protected static IEnumerable<string> OutOfRange(string name, double value, Func<double, bool> allowed, string range) =>
        double.IsFinite(value) && allowed(value) ? [] : [$"{name} is {value}; allowed: {range}."];

    /// <summary>The ids as `config.json` has them: nothing, a number or a list.</summary>
    protected internal JsonNode? EosToJson() => EosTokenIds.Count switch { 0 => null, 1 => EosTokenIds[0], _ => new JsonArray([.. EosTokenIds.Select(id => (JsonNode)id)]) };
}
