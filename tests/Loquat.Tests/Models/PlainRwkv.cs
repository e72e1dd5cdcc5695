using Loquat.Models.Rwkv;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Models;

/// <summary>RWKV-4 as its paper has it (Peng et al. 2023, eqs. 11-18), with the whole sum of eq. 16 for each token, by autograd. Without a running maximum: for small keys.</summary>
internal static class PlainRwkv
{
    public static Tensor Logits(RwkvConfig config, Dictionary<string, Tensor> weights, Tensor ids)
    {
        var table = weights["rwkv.embeddings.weight"];
        Tensor Norm(Tensor x, string name) => nn.functional.layer_norm(x, [config.HiddenSize], weights[name + ".weight"], weights[name + ".bias"], config.LayerNormEpsilon);
        var x = Norm(table.index_select(0, ids.view(-1)).view(ids.shape[0], ids.shape[1], -1), "rwkv.blocks.0.pre_ln");
        for (var layer = 0; layer < config.Layers; layer++)
        {
            Tensor W(string name) => weights[$"rwkv.blocks.{layer}.{name}"];
            Tensor Mixed(Tensor h, string part, string name) => W($"{part}.time_mix_{name}") * h + (1 - W($"{part}.time_mix_{name}")) * Shifted(h);
            var h = Norm(x, $"rwkv.blocks.{layer}.ln1");
            Tensor Project(string part, string name, Tensor input) => nn.functional.linear(input, W($"{part}.{name}.weight"));
            var k = Project("attention", "key", Mixed(h, "attention", "key"));
            var v = Project("attention", "value", Mixed(h, "attention", "value"));
            var r = sigmoid(Project("attention", "receptance", Mixed(h, "attention", "receptance")));
            var (w, u, means) = (-exp(W("attention.time_decay")), W("attention.time_first"), new List<Tensor>());
            for (var t = 0; t < ids.shape[1]; t++)
            {
                var (above, below) = (exp(u + k.select(1, t)) * v.select(1, t), exp(u + k.select(1, t)));
                for (var s = 0; s < t; s++)
                {
                    var weight = exp((t - 1 - s) * w + k.select(1, s));
                    (above, below) = (above + weight * v.select(1, s), below + weight);
                }
                means.Add(above / below);
            }
            x = x + Project("attention", "output", r * stack(means, 1));
            h = Norm(x, $"rwkv.blocks.{layer}.ln2");
            var inner = Project("feed_forward", "key", Mixed(h, "feed_forward", "key")).relu().square();
            x = x + sigmoid(Project("feed_forward", "receptance", Mixed(h, "feed_forward", "receptance"))) * Project("feed_forward", "value", inner);
        }
        return nn.functional.linear(Norm(x, "rwkv.ln_out"), weights.GetValueOrDefault("head.weight", table));
    }

    private static Tensor Shifted(Tensor x) => cat([zeros_like(x.narrow(1, 0, 1)), x.narrow(1, 0, x.shape[1] - 1)], 1);
}
