namespace Loquat.Layers.Recurrent;

/// <summary>What a recurrent layer computes at each time step.</summary>
public enum RecurrentCell
{
    /// <summary>h = tanh(W x + U h') (Elman 1990).</summary>
    RnnTanh,

    /// <summary>h = max(0, W x + U h').</summary>
    RnnRelu,

    /// <summary>Long short-term memory (Hochreiter and Schmidhuber 1997), gates in the order i, f, g, o.</summary>
    Lstm,

    /// <summary>Gated recurrent unit (Cho et al. 2014), gates in the order r, z, n; the reset gate acts after the recurrent product.</summary>
    Gru,
}

internal static class RecurrentCells
{
    /// <summary>Rows of its matrices for each of its units.</summary>
    public static int Gates(this RecurrentCell cell) => cell switch { RecurrentCell.Lstm => 4, RecurrentCell.Gru => 3, _ => 1 };
}
