using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Loquat.Benchmarks.Peers;

/// <summary>A recurrent language model as one writes it with libtorch's own layers: an embedding, nn.RNN, nn.LSTM or nn.GRU, a linear head, cross-entropy, fused AdamW.</summary>
internal sealed class PlainRecurrent : IDisposable
{
    private readonly Embedding _embedding;
    private readonly nn.Module _layers;
    private readonly Linear _head;
    private readonly Tensor[] _parameters;
    private readonly FusedAdamW _optimizer;

    public PlainRecurrent(string kind, int vocabulary, int width, int layers)
    {
        _embedding = nn.Embedding(vocabulary, width);
        _layers = kind switch
        {
            "lstm" => nn.LSTM(width, width, layers, batchFirst: true),
            "gru" => nn.GRU(width, width, layers, batchFirst: true),
            _ => nn.RNN(width, width, layers, batchFirst: true),
        };
        _head = nn.Linear(width, vocabulary, hasBias: false);
        _parameters = [.. _embedding.parameters(), .. _layers.parameters(), .. _head.parameters()];
        _optimizer = new FusedAdamW(_parameters, 1e-4);
    }

    public void Step(Tensor ids, Tensor labels)
    {
        using var scope = NewDisposeScope();
        _optimizer.ZeroGradients();
        var x = _embedding.forward(ids);
        var h = _layers switch
        {
            LSTM lstm => lstm.call(x).Item1,
            GRU gru => gru.call(x).Item1,
            var rnn => ((RNN)rnn).call(x).Item1,
        };
        nn.functional.cross_entropy(_head.forward(h).view(-1, _head.weight!.shape[0]), labels.view(-1)).backward();
        _optimizer.Step();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _embedding.Dispose();
        _layers.Dispose();
        _head.Dispose();
    }
}
