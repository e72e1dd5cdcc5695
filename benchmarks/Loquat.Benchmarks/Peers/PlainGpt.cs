using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Loquat.Benchmarks.Peers;

// The peer: nanoGPT as anyone would write it with TorchSharp's own modules. Nothing here is tuned, on purpose.

/// <summary>Causal self-attention with one projection for queries, keys and values.</summary>
internal sealed class PlainAttention : Module<Tensor, Tensor>
{
    private readonly Linear c_attn;
    private readonly Linear c_proj;
    private readonly int _heads;

    public PlainAttention(GptShape shape)
        : base(nameof(PlainAttention))
    {
        _heads = shape.Heads;
        c_attn = Linear(shape.Width, 3 * shape.Width);
        c_proj = Linear(shape.Width, shape.Width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        var (batch, tokens, width) = (x.shape[0], x.shape[1], x.shape[2]);
        var qkv = c_attn.forward(x).split(width, dim: 2);                                 // 3 × (B, T, E)
        Tensor Heads(Tensor t) => t.view(batch, tokens, _heads, width / _heads).transpose(1, 2); // (B, H, T, D)
        var y = functional.scaled_dot_product_attention(Heads(qkv[0]), Heads(qkv[1]), Heads(qkv[2]), is_casual: true);
        return c_proj.forward(y.transpose(1, 2).contiguous().view(batch, tokens, width));
    }
}

internal sealed class PlainMlp : Module<Tensor, Tensor>
{
    private readonly Linear c_fc;
    private readonly Linear c_proj;

    public PlainMlp(GptShape shape)
        : base(nameof(PlainMlp))
    {
        c_fc = Linear(shape.Width, 4 * shape.Width);
        c_proj = Linear(4 * shape.Width, shape.Width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => c_proj.forward(functional.gelu(c_fc.forward(x), TorchSharp.Modules.GELU.Approximate.tanh));
}

internal sealed class PlainBlock : Module<Tensor, Tensor>
{
    private readonly LayerNorm ln_1;
    private readonly PlainAttention attn;
    private readonly LayerNorm ln_2;
    private readonly PlainMlp mlp;

    public PlainBlock(GptShape shape)
        : base(nameof(PlainBlock))
    {
        ln_1 = LayerNorm(shape.Width);
        attn = new PlainAttention(shape);
        ln_2 = LayerNorm(shape.Width);
        mlp = new PlainMlp(shape);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        x = x + attn.forward(ln_1.forward(x));
        return x + mlp.forward(ln_2.forward(x));
    }
}

internal sealed class PlainGpt : Module<Tensor, Tensor, Tensor>
{
    private readonly Embedding wte;
    private readonly Embedding wpe;
    private readonly ModuleList<Module<Tensor, Tensor>> h;
    private readonly LayerNorm ln_f;

    public PlainGpt(GptShape shape)
        : base(nameof(PlainGpt))
    {
        wte = Embedding(shape.Vocabulary, shape.Width);
        wpe = Embedding(shape.Context, shape.Width);
        h = ModuleList([.. Enumerable.Range(0, shape.Layers).Select(_ => (Module<Tensor, Tensor>)new PlainBlock(shape))]);
        ln_f = LayerNorm(shape.Width);
        RegisterComponents();
        foreach (var (name, parameter) in named_parameters())
        {
            if (parameter.dim() > 1) init.normal_(parameter, 0, 0.02);
            else if (name.EndsWith("bias", StringComparison.Ordinal)) init.zeros_(parameter);
        }
    }

    /// <param name="ids">(B, T) int64.</param>
    /// <param name="targets">(B, T) int64.</param>
    /// <returns>The mean cross-entropy in nats.</returns>
    public override Tensor forward(Tensor ids, Tensor targets)
    {
        var logits = Logits(ids);
        return functional.cross_entropy(logits.view(-1, logits.shape[^1]), targets.view(-1));
    }

    /// <param name="ids">(B, T) int64.</param>
    /// <returns>(B, T, V).</returns>
    public Tensor Logits(Tensor ids)
    {
        var x = wte.forward(ids) + wpe.forward(arange(ids.shape[1], device: ids.device));  // (B, T, E)
        foreach (var block in h) x = block.forward(x);
        return functional.linear(ln_f.forward(x), wte.weight!);                            // (B, T, V), tied head
    }
}
