using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Loquat.Benchmarks.Peers;

/// <summary>One token at a time through a GPT-2 with cached keys and values, as one writes it with TorchSharp's functions: the caches grow by `cat`.</summary>
internal sealed class PlainGeneration(GptShape shape) : IDisposable
{
    private sealed record Layer(Tensor Gain1, Tensor Bias1, Tensor Qkv, Tensor QkvBias, Tensor Out, Tensor OutBias, Tensor Gain2, Tensor Bias2, Tensor Up, Tensor UpBias, Tensor Down, Tensor DownBias);

    private readonly Tensor _tokens = Matrix(shape.Vocabulary, shape.Width), _positions = Matrix(shape.Context, shape.Width);
    private readonly Layer[] _layers = [.. Enumerable.Range(0, shape.Layers).Select(_ => New(shape.Width))];
    private readonly (Tensor Key, Tensor Value)?[] _cache = new (Tensor, Tensor)?[shape.Layers];
    private long _past;

    private static Tensor Matrix(long rows, long columns) => (randn(rows, columns) * 0.02).DetachFromDisposeScope();

    private static Tensor Vector(long width) => ones(width).DetachFromDisposeScope();

    private static Layer New(long e) => new(Vector(e), Vector(e), Matrix(3 * e, e), Vector(3 * e), Matrix(e, e), Vector(e), Vector(e), Vector(e), Matrix(4 * e, e), Vector(4 * e), Matrix(e, 4 * e), Vector(e));

    /// <summary>The likeliest next token.</summary>
    public long Next(long id)
    {
        using var guard = inference_mode();
        using var scope = NewDisposeScope();
        var width = shape.Width;
        Tensor Heads(Tensor t) => t.view(1, 1, shape.Heads, width / shape.Heads).transpose(1, 2);       // (1, H, 1, D)
        var x = (_tokens[id] + _positions[_past]).view(1, 1, -1);              // (1, 1, E)
        for (var i = 0; i < _layers.Length; i++)
        {
            var l = _layers[i];
            var qkv = functional.linear(functional.layer_norm(x, [width], l.Gain1, l.Bias1), l.Qkv, l.QkvBias).split(width, dim: 2);
            var (key, value) = (Heads(qkv[1]), Heads(qkv[2]));
            if (_cache[i] is { } cached)
            {
                (key, value) = (cat([cached.Key, key], 2), cat([cached.Value, value], 2));
                cached.Key.Dispose();
                cached.Value.Dispose();
            }
            _cache[i] = (key.DetachFromDisposeScope(), value.DetachFromDisposeScope());
            var y = functional.scaled_dot_product_attention(Heads(qkv[0]), key, value).transpose(1, 2).reshape(1, 1, width);
            x = x + functional.linear(y, l.Out, l.OutBias);
            x = x + functional.linear(functional.gelu(functional.linear(functional.layer_norm(x, [width], l.Gain2, l.Bias2), l.Up, l.UpBias)), l.Down, l.DownBias);
        }
        _past++;
        return functional.linear(functional.layer_norm(x, [width]), _tokens).argmax().item<long>();
    }

    public void Dispose()
    {
        foreach (var cached in _cache)
        {
            cached?.Key.Dispose();
            cached?.Value.Dispose();
        }
        foreach (var l in _layers)
            foreach (var t in (Tensor[])[l.Gain1, l.Bias1, l.Qkv, l.QkvBias, l.Out, l.OutBias, l.Gain2, l.Bias2, l.Up, l.UpBias, l.Down, l.DownBias]) t.Dispose();
        _tokens.Dispose();
        _positions.Dispose();
    }
}
