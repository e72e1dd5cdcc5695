using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Loquat.Text.Tokenization;

/// <summary>One token a Unicode code point; those not seen in training become U+FFFD.</summary>
public static class CharacterTokenizer
{
    internal const string Unknown = "\uFFFD";

    /// <summary>Learns the code points of a text: the most frequent first, ties by code point; the unknown token last.</summary>
    public static Tokenizer Train(IEnumerable<string> texts)
    {
        var counts = new Dictionary<int, long>();
        foreach (var text in texts)
            foreach (var rune in text.EnumerateRunes()) CollectionsMarshal.GetValueRefOrAddDefault(counts, rune.Value, out _)++;
        counts.Remove(Unknown[0]);
        var vocabulary = counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Select(c => char.ConvertFromUtf32(c.Key)).Append(Unknown).ToList();
        return Create(vocabulary);
    }

    internal static Tokenizer Create(IReadOnlyList<string> vocabulary) => new(vocabulary, [Unknown], new Model(vocabulary));

    internal sealed class Model : ITokenModel
    {
        private readonly Dictionary<int, int> _ids = [];
        private readonly int _unknown;

        public Model(IReadOnlyList<string> vocabulary)
        {
            for (var id = 0; id < vocabulary.Count; id++)
                if (Rune.DecodeFromUtf16(vocabulary[id], out var rune, out var length) == OperationStatus.Done && length == vocabulary[id].Length) _ids.TryAdd(rune.Value, id);
            _unknown = _ids[Unknown[0]];
        }

        public void Encode(ReadOnlySpan<char> text, List<int> ids)
        {
            foreach (var rune in text.EnumerateRunes()) ids.Add(_ids.GetValueOrDefault(rune.Value, _unknown));
        }

        public void AppendBytes(string token, List<byte> bytes) => bytes.AddRange(Encoding.UTF8.GetBytes(token));
    }
}
