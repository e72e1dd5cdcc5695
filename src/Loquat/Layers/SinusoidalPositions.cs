using static TorchSharp.torch;

namespace Loquat.Layers;

/// <summary>How the columns of a table of sines and cosines are ordered, and their rates.</summary>
public enum SinusoidalForm
{
    /// <summary>Sines at even, cosines at odd columns, rates 10000^(-2i / width): Vaswani et al. 2017, section 3.5.</summary>
    Interleaved,

    /// <summary>The same rates, all sines before all cosines: Marian.</summary>
    Halves,

    /// <summary>All sines before all cosines, rates 10000^(-i / (width / 2 - 1)): tensor2tensor and fairseq.</summary>
    Fairseq,
}

/// <summary>Positions as sines and cosines of falling rates, which need no learning.</summary>
public static class SinusoidalPositions
{
    private const double Base = 10000;

    /// <param name="positions">Rows.</param>
    /// <param name="width">Columns; where odd, there is one sine more than cosines.</param>
    /// <returns>(positions, width) float32.</returns>
    public static Tensor Table(int positions, int width, SinusoidalForm form)
    {
        var values = new float[(long)positions * width];
        var sines = (width + 1) / 2;
        for (var column = 0; column < width; column++)
        {
            var (index, cosine) = form == SinusoidalForm.Interleaved ? (column / 2, column % 2 == 1) : (column % sines, column >= sines);
            var exponent = form == SinusoidalForm.Fairseq ? index / (width / 2 - 1.0) : 2.0 * index / width;
            var rate = Math.Pow(Base, -exponent);
            for (var p = 0; p < positions; p++) values[(long)p * width + column] = (float)(cosine ? Math.Cos(p * rate) : Math.Sin(p * rate));
        }
        return tensor(values, [positions, width]);
    }
}
