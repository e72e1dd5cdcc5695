using Loquat.Layers;
using Loquat.Models;
using Loquat.Models.Mamba;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Benchmarks.Peers;

/// <summary>Mamba as one writes it in TorchSharp from its recurrence: a few operations for each token, by autograd, fused AdamW. It begins with the weights of Loquat's.</summary>
internal sealed class PlainMamba : IDisposable
{
    private readonly MambaConfig _config;
    private readonly Dictionary<string, Tensor> _weights;
    private readonly FusedAdamW _optimizer;

    public PlainMamba(MambaConfig config)
    {
        _config = config;
        using var model = config.Build<CausalModel>(Placement.Cpu, seed: 1);
        _weights = model.Parameters.ToDictionary(p => p.Name, p => p.Value.detach().clone().requires_grad_(true));
        _optimizer = new FusedAdamW([.. _weights.Values], 1e-4);
    }

    public void Step(Tensor ids, Tensor labels)
    {
        using var scope = NewDisposeScope();
        _optimizer.ZeroGradients();
        var table = _weights["backbone.embeddings.weight"];
        var x = table.index_select(0, ids.view(-1)).view(ids.shape[0], ids.shape[1], -1);
        for (var layer = 0; layer < _config.Layers; layer++) x = x + Mixer(Norm(x, _weights[$"backbone.layers.{layer}.norm.weight"]), $"backbone.layers.{layer}.mixer.");
        var logits = nn.functional.linear(Norm(x, _weights["backbone.norm_f.weight"]), table);
        nn.functional.cross_entropy(logits.view(-1, table.shape[0]), labels.view(-1)).backward();
        _optimizer.Step();
    }

    private Tensor Mixer(Tensor x, string prefix)
    {
        Tensor W(string name) => _weights[prefix + name];
        var parts = nn.functional.linear(x, W("in_proj.weight")).chunk(2, -1);
        var padded = nn.functional.pad(parts[0].transpose(1, 2), (_config.ConvKernel - 1, 0));
        var u = nn.functional.silu(nn.functional.conv1d(padded, W("conv1d.weight"), W("conv1d.bias"), groups: W("conv1d.weight").shape[0]).transpose(1, 2));
        var selected = nn.functional.linear(u, W("x_proj.weight")).split([W("dt_proj.weight").shape[1], _config.StateSize, _config.StateSize], -1);
        var dt = nn.functional.softplus(nn.functional.linear(selected[0], W("dt_proj.weight"), W("dt_proj.bias")));
        var rates = -exp(W("A_log"));
        var h = zeros(x.shape[0], rates.shape[0], rates.shape[1]);
        var outputs = new Tensor[x.shape[1]];
        for (var t = 0; t < outputs.Length; t++)
        {
            var step = dt.select(1, t).unsqueeze(-1);
            h = exp(step * rates) * h + step * u.select(1, t).unsqueeze(-1) * selected[1].select(1, t).unsqueeze(1);
            outputs[t] = h.matmul(selected[2].select(1, t).unsqueeze(-1)).squeeze(-1);
        }
        return nn.functional.linear((stack(outputs, 1) + W("D") * u) * nn.functional.silu(parts[1]), W("out_proj.weight"));
    }

    private Tensor Norm(Tensor x, Tensor weight) => x * rsqrt(x.square().mean([-1L], keepdim: true) + _config.LayerNormEpsilon) * weight;

    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (var weight in _weights.Values) weight.Dispose();
    }
}
