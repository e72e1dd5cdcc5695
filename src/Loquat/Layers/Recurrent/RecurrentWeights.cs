using static TorchSharp.torch;

namespace Loquat.Layers.Recurrent;

/// <summary>The weights of one direction of one layer, as torch names and stores them. G gates, H units, I inputs, R outputs (H, or P where they are projected).</summary>
/// <param name="Input">`weight_ih`, (G·H, I).</param>
/// <param name="Hidden">`weight_hh`, (G·H, R).</param>
/// <param name="InputBias">`bias_ih`, (G·H); null: none, and no <paramref name="HiddenBias"/>.</param>
/// <param name="HiddenBias">`bias_hh`, (G·H).</param>
/// <param name="Projection">`weight_hr`, (P, H), of an LSTM (Sak et al. 2014); null: none.</param>
/// <param name="Peepholes">(3, H), of an LSTM: what i, f and o see of the cell (Gers and Schmidhuber 2000); null: none.</param>
public sealed record RecurrentWeights(Tensor Input, Tensor Hidden, Tensor? InputBias = null, Tensor? HiddenBias = null, Tensor? Projection = null, Tensor? Peepholes = null)
{
    /// <summary>Outputs at each time step.</summary>
    public long Outputs => Hidden.shape[1];

    /// <summary>Units: the width of the cell.</summary>
    public long Units(RecurrentCell cell) => Hidden.shape[0] / cell.Gates();
}

/// <summary>What a layer gives, and what it would go on from.</summary>
/// <param name="Output">(T, B, R).</param>
/// <param name="Hidden">(B, R): the state after the last step.</param>
/// <param name="Cell">(B, H) of an LSTM, else null.</param>
public readonly record struct RecurrentOutput(Tensor Output, Tensor Hidden, Tensor? Cell);
