using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Benchmarks.Limits;

/// <summary>Operators of libtorch that TorchSharp does not bind, reached through TorchScript.</summary>
internal static class Aten
{
    private const string Source = """
        def mm_out(a: Tensor, b: Tensor, out: Tensor) -> Tensor:
            return torch.mm(a, b, out=out).alias()

        def mkldnn_forward(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
            return torch.mkldnn_linear(x.to_mkldnn(), w, b).to_dense()

        def mkldnn_input(dy: Tensor, w: Tensor, rows: int, width: int) -> Tensor:
            return torch.mkldnn_linear_backward_input([rows, width], dy.to_mkldnn(), w).to_dense()

        def mkldnn_weights(dy: Tensor, x: Tensor, w: Tensor) -> Tensor:
            both = torch.mkldnn_linear_backward_weights(dy.to_mkldnn(), x.to_mkldnn(), w, False)
            return both[0].to_dense()

        def fused_adamw(ps: List[Tensor], gs: List[Tensor], ms: List[Tensor], vs: List[Tensor], steps: List[Tensor], lr: float) -> None:
            torch._fused_adamw_(ps, gs, ms, vs, [], steps, lr=lr, beta1=0.9, beta2=0.95, weight_decay=0.1, eps=1e-8, amsgrad=False, maximize=False)

        """;

    private static readonly Lazy<jit.CompilationUnit> Unit = new(() => jit.compile(Source));

    public static Tensor MmOut(Tensor a, Tensor b, Tensor destination) => Invoke("mm_out", a, b, destination);

    public static Tensor MkldnnLinear(Tensor x, Tensor w, Tensor b) => Invoke("mkldnn_forward", x, w, b);

    public static Tensor MkldnnInputGradient(Tensor dy, Tensor w) => Invoke("mkldnn_input", dy, w, dy.shape[0], w.shape[1]);

    public static Tensor MkldnnWeightGradient(Tensor dy, Tensor x, Tensor w) => Invoke("mkldnn_weights", dy, x, w);

    public static void FusedAdamW(Tensor[] parameters, Tensor[] gradients, Tensor[] first, Tensor[] second, Tensor[] steps, double rate) =>
        Unit.Value.invoke("fused_adamw", parameters, gradients, first, second, steps, rate);

    private static Tensor Invoke(string name, params object[] arguments) => (Tensor)Unit.Value.invoke(name, arguments);
}
