using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Loquat.Text.Collection;

namespace Loquat.Corpus.Pairs;

/// <summary>Pairs of texts as a corpus: each pair is two documents, what is read and then what is to be written. Pairs with an empty text are left out.</summary>
public sealed class PairTextCorpus : ITextCorpus
{
    private readonly PairFiles _files;
    private readonly PairFiles? _validation;
    private readonly double _fraction;
    private readonly long _pairs, _empty;

    /// <param name="validation">Pairs to validate with; null: a share of the others, chosen by a hash of what is read.</param>
    /// <param name="fraction">That share. Above 0, below 1.</param>
    /// <exception cref="DataException">A file cannot be read or has another form; there is no pair.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public PairTextCorpus(PairFiles files, PairFiles? validation, double fraction, CancellationToken cancellation = default)
    {
        (_files, _validation, _fraction) = (files, validation, fraction);
        var hash = new XxHash128();
        foreach (var pair in files.Read().Concat(validation?.Read() ?? []))
        {
            cancellation.ThrowIfCancellationRequested();
            if (IsEmpty(pair))
            {
                _empty++;
                continue;
            }
            hash.Append(MemoryMarshal.AsBytes(pair.Source.AsSpan()));
            hash.Append("\0"u8);
            hash.Append(MemoryMarshal.AsBytes(pair.Target.AsSpan()));
            hash.Append("\n"u8);
            Bytes += Encoding.UTF8.GetByteCount(pair.Source) + Encoding.UTF8.GetByteCount(pair.Target);
            _pairs++;
        }
        if (_pairs == 0) throw new DataException($"{files.Path}: there is no pair of texts in it.");
        Fingerprint = $"pairs:{Convert.ToHexString(hash.GetCurrentHash())}:{(validation is null ? $"{fraction}" : "files")}";
    }

    public string Description => $"{_files.Path}: {_pairs:N0} pairs of texts, {Bytes / 1e6:0.##} MB";

    public string Fingerprint { get; }

    public long Bytes { get; }

    public IEnumerable<string> Notes => _empty == 0 ? [] : [$"{_empty:N0} pairs with an empty text are left out"];

    public IEnumerable<TextDocument> Training() => Documents(_validation is null ? _files.Read().Where(pair => !Validates(pair)) : _files.Read());

    public IEnumerable<TextDocument> Validation() => Documents(_validation?.Read() ?? _files.Read().Where(Validates));

    private static IEnumerable<TextDocument> Documents(IEnumerable<TextPair> pairs)
    {
        foreach (var pair in pairs)
        {
            if (IsEmpty(pair)) continue;
            yield return new(pair.Source);
            yield return new(pair.Target);
        }
    }

    private static bool IsEmpty(TextPair pair) => pair.Source.Length == 0 || pair.Target.Length == 0;

    // What is read decides: the same text never stands on both sides.
    private bool Validates(TextPair pair) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(pair.Source.AsSpan())) < _fraction * ulong.MaxValue;
}
