using Loquat.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Models.AttentionRnn;

/// <summary>See <see cref="AttentionRnnConfig"/>.</summary>
internal sealed class AttentionRnnModel : EncoderDecoderModel
{
    // B batch, S tokens read, U tokens written, E width of token vectors, H width of states

    // Places in the cache.
    private const int Memory = 0, Keys = 1, Bias = 2, Found = 3, States = 4;

    private readonly AttentionRnnConfig _config;
    private readonly Parameter _table;
    private readonly (GruStep Forward, GruStep Backward)[] _encoder;
    private readonly GruStep[] _decoder;
    private readonly Affine[] _bridge;
    private readonly Affine? _key, _query;
    private readonly Affine _readout;

    public AttentionRnnModel(AttentionRnnConfig config, Placement placement, ulong? seed) : base(config, placement, seed)
    {
        _config = config;
        _table = this["shared.weight"];
        Head = config.TieWordEmbeddings ? _table : this["lm_head.weight"];
        _encoder = [.. Enumerable.Range(0, config.EncoderLayers).Select(layer => (Step("encoder.rnn", $"l{layer}"), Step("encoder.rnn", $"l{layer}_reverse")))];
        _decoder = [.. Enumerable.Range(0, config.DecoderLayers).Select(layer => Step("decoder.rnn", $"l{layer}"))];
        _bridge = [.. Enumerable.Range(0, config.DecoderLayers).Select(layer => new Affine(this[$"decoder.bridge.{layer}.weight"], this[$"decoder.bridge.{layer}.bias"]))];
        _key = Find("decoder.attention.key.weight") is { } key ? new(key, null) : null;
        _query = Find("decoder.attention.query.weight") is { } query ? new(query, null) : null;
        _readout = new(this["decoder.readout.weight"], this["decoder.readout.bias"]);
        GruStep Step(string prefix, string end) =>
            new(new(this[$"{prefix}.weight_ih_{end}"], this[$"{prefix}.bias_ih_{end}"]), new(this[$"{prefix}.weight_hh_{end}"], this[$"{prefix}.bias_hh_{end}"]));
    }

    public override Parameter Head { get; }

    public override ModelCache NewCache(EncoderOutput source, long capacity)
    {
        using var scope = NewDisposeScope();
        return new RecurrentMemoryCache(_config.DecoderLayers, [.. Begin(source).Select(tensor => tensor?.alias())]);
    }

    protected override Tensor Embed(Tensor ids, ForwardContext context, bool decoder) => EmbeddingTable.Lookup(_table, ids);

    protected override void AccumulateEmbeddingGradients(Tensor ids, Tensor gradient, bool decoder) => EmbeddingTable.AccumulateGradient(_table, ids, gradient);

    protected override Tensor EncoderBlocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var there = context.AttentionMask?.to(x.dtype).unsqueeze(2);                                    // (B, S, 1)
        x = Dropout.Apply(x, _config.Dropout, context);
        foreach (var (forward, backward) in _encoder) x = cat([Run(forward, x, there, false), Run(backward, x, there, true)], 2);   // (B, S, H)
        return x.MoveToOuterDisposeScope();
    }

    protected override Tensor DecoderBlocks(Tensor x, ForwardContext context)
    {
        using var scope = NewDisposeScope();
        var cache = (RecurrentMemoryCache?)context.Cache;
        var kept = cache is null ? Begin(context.Source!) : [.. Enumerable.Range(0, States + _decoder.Length).Select(i => cache[i])];
        var (memory, keys, bias, found) = (kept[Memory]!, kept[Keys] ?? kept[Memory]!, kept[Bias], kept[Found]!);
        var states = kept[States..].Select(state => state!).ToArray();
        x = Dropout.Apply(x, _config.Dropout, context);
        var outputs = new Tensor[x.shape[1]];
        for (var t = 0; t < outputs.Length; t++)
        {
            var before = _config.Attention == MemoryScore.Bahdanau;
            if (before) found = Look(states[^1], memory, keys, bias);
            var input = cat([x.select(1, t), found], 1);                                                // (B, E + H)
            for (var layer = 0; layer < _decoder.Length; layer++) input = states[layer] = _decoder[layer].Next(_decoder[layer].Project(input), states[layer]);
            var context0 = before ? found : Look(input, memory, keys, bias);
            outputs[t] = _readout.Apply(cat([context0, input], 1)).tanh();                              // (B, H)
            if (!before) found = outputs[t];
        }
        if (cache is not null)
        {
            cache.Set(Found, found.alias());
            for (var layer = 0; layer < states.Length; layer++) cache.Set(States + layer, states[layer].alias());
            cache.Advance(outputs.Length);
        }
        return Dropout.Apply(stack(outputs, 1), _config.Dropout, context).MoveToOuterDisposeScope();                              // (B, U, H)
    }

    /// <summary>What the decoder knows before its first step; keys are null where the states are looked at as they are.</summary>
    private Tensor?[] Begin(EncoderOutput source)
    {
        var memory = source.Hidden;                                                                     // (B, S, H)
        var half = _config.HiddenSize / 2;
        // The state after the whole text, of either direction: at the last token there, and at the first.
        var last = source.Mask is { } mask ? (mask.cumsum(1) * mask).argmax(1) : full([memory.shape[0]], memory.shape[1] - 1, dtype: ScalarType.Int64, device: memory.device);
        var first = source.Mask?.argmax(1) ?? zeros_like(last);
        var rows = arange(memory.shape[0], dtype: ScalarType.Int64, device: memory.device);
        var ends = cat([memory.index([rows, last]).narrow(1, 0, half), memory.index([rows, first]).narrow(1, half, half)], 1);      // (B, H)
        var bias = EncoderOutput.Bias(source.Mask, Placement)?.view(memory.shape[0], memory.shape[1]);
        return [memory, _key?.Apply(memory), bias, zeros_like(ends), .. _bridge.Select(bridge => bridge.Apply(ends).tanh())];
    }

    private Tensor Look(Tensor state, Tensor memory, Tensor keys, Tensor? bias) => MemoryAttention.Read(
        _config.ScoresAdditively ? MemoryAttention.AdditiveScores(_query!.Apply(state), keys, this["decoder.attention.v"].Value.to(state.dtype)) : MemoryAttention.DotScores(state, keys), memory, bias).Context;

    /// <summary>One direction over a whole text. At padding the state stays as it is.</summary>
    private static Tensor Run(GruStep step, Tensor x, Tensor? there, bool reverse)
    {
        var projected = step.Project(x);                                                                // (B, S, 3H)
        var state = zeros([x.shape[0], projected.shape[2] / 3], dtype: x.dtype, device: x.device);
        var outputs = new Tensor[x.shape[1]];
        for (var i = 0; i < outputs.Length; i++)
        {
            var t = reverse ? outputs.Length - 1 - i : i;
            var next = step.Next(projected.select(1, t), state);
            outputs[t] = state = there is null ? next : state + there.select(1, t) * (next - state);
        }
        return stack(outputs, 1);
    }
}
