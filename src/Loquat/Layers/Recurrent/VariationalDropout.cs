using static TorchSharp.torch;

namespace Loquat.Layers.Recurrent;

/// <summary>Dropout whose mask is drawn once for a whole sequence (Gal and Ghahramani 2016; AWD-LSTM, Merity et al. 2018, sections 3 and 4.1-4.3).</summary>
internal static class VariationalDropout
{
    /// <summary>The same units of a sequence are dropped at every time step.</summary>
    /// <param name="x">(T, B, E).</param>
    public static Tensor Units(Tensor x, double probability) => probability == 0 ? x : x * Dropout.Mask(probability, x, 1, x.shape[1], x.shape[2]);

    /// <summary>DropConnect on a recurrent matrix, drawn once for all time steps: weight drop.</summary>
    public static Tensor Weights(Tensor weight, double probability) => probability == 0 ? weight : weight * Dropout.Mask(probability, weight, weight.shape);

    /// <summary>(V, 1): whole rows of a table of token vectors.</summary>
    public static Tensor Rows(Tensor table, double probability) => Dropout.Mask(probability, table, table.shape[0], 1);
}
