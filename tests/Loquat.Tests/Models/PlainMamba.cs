using Loquat.Layers;
using Loquat.Models.Mamba;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>Mamba as its paper has it (Gu and Dao 2023, algorithm 2, figure 3), token by token and channel by channel, by autograd.</summary>
internal static class PlainMamba
{
    public static Tensor Logits(MambaConfig config, Dictionary<string, Tensor> weights, Tensor ids)
    {
        var table = weights["backbone.embeddings.weight"];
        var x = table.index_select(0, ids.view(-1)).view(ids.shape[0], ids.shape[1], -1);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            Tensor? W(string name) => weights.GetValueOrDefault($"backbone.layers.{layer}.mixer.{name}");
            var h = nn.functional.linear(Norm(x, weights[$"backbone.layers.{layer}.norm.weight"], config), W("in_proj.weight")!, W("in_proj.bias"));
            var parts = h.chunk(2, -1);
            var kernel = W("conv1d.weight")!;
            var padded = nn.functional.pad(parts[0].transpose(1, 2), (config.ConvKernel - 1, 0));                                    // (B, D, K - 1 + T)
            var u = Activation.Composite(nn.functional.conv1d(padded, kernel, W("conv1d.bias"), groups: kernel.shape[0]).transpose(1, 2), config.HiddenAct);
            var selected = nn.functional.linear(u, W("x_proj.weight")!).split([W("dt_proj.weight")!.shape[1], config.StateSize, config.StateSize], -1);
            var dt = nn.functional.softplus(nn.functional.linear(selected[0], W("dt_proj.weight")!, W("dt_proj.bias")));              // (B, T, D)
            var rates = -exp(W("A_log")!);
            var state = zeros(ids.shape[0], rates.shape[0], rates.shape[1]);
            var outputs = new List<Tensor>();
            for (var t = 0; t < ids.shape[1]; t++)
            {
                var step = dt.select(1, t).unsqueeze(-1);
                state = exp(step * rates) * state + step * u.select(1, t).unsqueeze(-1) * selected[1].select(1, t).unsqueeze(1);
                outputs.Add((state * selected[2].select(1, t).unsqueeze(1)).sum(-1) + W("D")! * u.select(1, t));
            }
            x = x + nn.functional.linear(stack(outputs, 1) * Activation.Composite(parts[1], config.HiddenAct), W("out_proj.weight")!, W("out_proj.bias"));
        }
        return nn.functional.linear(Norm(x, weights["backbone.norm_f.weight"], config), weights.GetValueOrDefault("lm_head.weight", table));
    }

    private static Tensor Norm(Tensor x, Tensor weight, MambaConfig config) => x * rsqrt(x.square().mean([-1L], keepdim: true) + config.LayerNormEpsilon) * weight;
}
