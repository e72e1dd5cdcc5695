using System.Text;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tokenization.Counting;

/// <summary>Cuts a text into the words that a trainer counts: a tokenizer's normalizer and pre-tokenizer in one. Any number of threads may use one.</summary>
public abstract class WordSplitter
{
    /// <summary>Byte-level words by a pattern; the scan runs on UTF-8 bytes.</summary>
    /// <param name="addPrefixSpace">A text that does not begin with a space is cut as if it did.</param>
    public static WordSplitter ByteLevel(SplitPattern pattern, bool addPrefixSpace = false)
    {
        WordSplitter splitter = pattern == SplitPattern.Gpt2 ? new Gpt2Words() : pattern == SplitPattern.Llama3 ? new Llama3Words() : From(text => Pieces(pattern, text));
        return addPrefixSpace ? new PrefixSpaceWords(splitter) : splitter;
    }

    /// <summary>Words by any function of a text that several threads may call; empty words are left out.</summary>
    public static WordSplitter From(Func<string, IEnumerable<string>> words) => new FunctionWords(words);

    /// <summary>Words as a tokenizer's first two stages make them.</summary>
    /// <param name="normalizer">Null where there is none.</param>
    /// <param name="preTokenizer">Null where the whole text is one word.</param>
    public static WordSplitter From(Normalizer? normalizer, PreTokenizer? preTokenizer) => normalizer is BertNormalizer bert && preTokenizer is BertPreTokenizer cut
        ? new BertWords(bert, cut)
        : From(text =>
        {
            var normalized = normalizer is null ? text : normalizer.Normalize(text);
            return preTokenizer is null ? [normalized] : preTokenizer.Split(normalized);
        });

    /// <summary>Adds the words of the text between two places of a buffer, which holds valid UTF-8.</summary>
    internal abstract void Split(ReadOnlySpan<byte> buffer, int from, int to, WordTable words);

    /// <summary>The splitter for one thread: itself unless it keeps buffers.</summary>
    internal virtual WordSplitter ForThread() => this;

    internal void Split(ReadOnlySpan<byte> text, WordTable words) => Split(text, 0, text.Length, words);

    /// <summary>Each line with its line end as a text of its own.</summary>
    internal void SplitLines(ReadOnlySpan<byte> text, WordTable words)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            var length = text[start..].IndexOf((byte)'\n');
            end = length < 0 ? text.Length : start + length + 1;
            Split(text, start, end, words);
        }
    }

    private static IEnumerable<string> Pieces(SplitPattern pattern, string text)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = pattern.Next(text, start);
            yield return text[start..end];
        }
    }

    private sealed class FunctionWords(Func<string, IEnumerable<string>> words) : WordSplitter
    {
        private byte[] _buffer = new byte[256];

        internal override WordSplitter ForThread() => new FunctionWords(words);

        internal override void Split(ReadOnlySpan<byte> buffer, int from, int to, WordTable table)
        {
            foreach (var word in words(Encoding.UTF8.GetString(buffer[from..to])))
            {
                if (word.Length == 0) continue;
                if (_buffer.Length < word.Length * 3L) _buffer = new byte[Math.Min(Array.MaxLength, word.Length * 6L)];
                table.Add(_buffer, 0, Encoding.UTF8.GetBytes(word, _buffer));
            }
        }
    }

    private sealed class PrefixSpaceWords(WordSplitter inner) : WordSplitter
    {
        private byte[] _buffer = new byte[1 << 12];

        internal override WordSplitter ForThread() => new PrefixSpaceWords(inner.ForThread());

        internal override void Split(ReadOnlySpan<byte> buffer, int from, int to, WordTable words)
        {
            if (from == to || buffer[from] == ' ')
            {
                inner.Split(buffer, from, to, words);
                return;
            }
            var length = to - from + 1;
            if (_buffer.Length < length) _buffer = new byte[length * 2];
            _buffer[0] = (byte)' ';
            buffer[from..to].CopyTo(_buffer.AsSpan(1));
            inner.Split(_buffer, 0, length, words);
        }
    }
}
