using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using Loquat.Text.Files;

namespace Loquat.Corpus.Preprocessing.Languages;

/// <summary>A language and how sure the model is of it.</summary>
/// <param name="Language">ISO 639-3: <c>eng</c>.</param>
/// <param name="Probability">From 0 to 1, among the languages that the model knows.</param>
public readonly record struct LanguageGuess(string Language, double Probability);

/// <summary>
/// Tells the language of a text by the runs of characters in it: a linear classifier whose weights are a byte each. A text in a language that the model does not know gets the nearest one, most often with little
/// probability. <see cref="Default"/> comes with the program; <see cref="LanguageTrainer"/> makes others.
/// </summary>
/// <example><code>LanguageModel.Default.Identify("Il était en colère.").Language  // fra</code></example>
public sealed class LanguageModel
{
    private const int Lanes = 32; // weights of a bucket are padded to whole vectors
    private const int Flush = 255; // 16-bit sums of so many bytes cannot overflow
    private const uint Magic = 0x474e4c4c; // LLNG
    private const int Pieces = 8, Piece = 512, Whole = Pieces * Piece; // characters that are looked at: more say nothing new

    private static readonly Lazy<LanguageModel> _default = new(LoadDefault);

    private readonly string[] _languages;
    private readonly int _bits, _stride;
    private readonly float _scale;
    private readonly sbyte[] _weights;

    internal LanguageModel(string[] languages, int bits, float scale, sbyte[] weights)
    {
        (_languages, _bits, _scale, _weights) = (languages, bits, scale, weights);
        _stride = Stride(languages.Length);
    }

    /// <summary>The model that comes with the program; docs/languages.md says what it was trained on.</summary>
    public static LanguageModel Default => _default.Value;

    /// <summary>ISO 639-3 codes, in order.</summary>
    public IReadOnlyList<string> Languages => _languages;

    internal static int Stride(int languages) => (languages + Lanes - 1) / Lanes * Lanes;

    /// <summary>The most probable language.</summary>
    /// <returns>Language <c>und</c> with probability 0 where the text has no letters.</returns>
    public LanguageGuess Identify(ReadOnlySpan<char> text)
    {
        Span<int> sums = stackalloc int[_stride];
        var count = Sum(text, sums);
        if (count == 0) return new("und", 0);
        var best = 0;
        for (var i = 1; i < _languages.Length; i++)
            if (sums[i] > sums[best]) best = i;
        var total = 0.0;
        var factor = _scale / Math.Sqrt(count);
        for (var i = 0; i < _languages.Length; i++) total += Math.Exp((sums[i] - sums[best]) * factor);
        return new(_languages[best], 1 / total);
    }

    /// <summary>All languages, the most probable first.</summary>
    public IReadOnlyList<LanguageGuess> Rank(ReadOnlySpan<char> text)
    {
        var sums = new int[_stride];
        var count = Sum(text, sums);
        if (count == 0) return [];
        var factor = _scale / Math.Sqrt(count);
        var most = sums.AsSpan(0, _languages.Length).ToArray().Max();
        var weights = _languages.Select((_, i) => Math.Exp((sums[i] - most) * factor)).ToArray();
        var total = weights.Sum();
        return [.. _languages.Select((language, i) => new LanguageGuess(language, weights[i] / total)).OrderByDescending(g => g.Probability).ThenBy(g => g.Language, StringComparer.Ordinal)];
    }

    private int Sum(ReadOnlySpan<char> text, Span<int> sums)
    {
        sums.Clear();
        if (text.Length <= Whole) return Add(text, sums);
        // Of a long text, pieces from its beginning to its end.
        var count = 0;
        for (var i = 0; i < Pieces; i++) count += Add(text.Slice((int)((long)i * (text.Length - Piece) / (Pieces - 1)), Piece), sums);
        return count;
    }

    private int Add(ReadOnlySpan<char> text, Span<int> sums)
    {
        if (_stride != Lanes)
        {
            var wide = new WideSums(_weights, _stride, sums);
            return LanguageFeatures.Read(text, _bits, ref wide);
        }
        var narrow = new NarrowSums(_weights, sums);
        var count = LanguageFeatures.Read(text, _bits, ref narrow);
        narrow.Finish();
        return count;
    }

    /// <summary>Sums of up to 32 languages, in two vectors.</summary>
    private ref struct NarrowSums(sbyte[] weights, Span<int> sums) : IBucketReceiver
    {
        private readonly ref sbyte _weights = ref MemoryMarshal.GetArrayDataReference(weights);
        private readonly Span<int> _sums = sums;
        private Vector256<short> _low, _high;
        private int _left = Flush;

        public void Add(int bucket)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref _weights, (nuint)(uint)(bucket * Lanes)));
            _low += low;
            _high += high;
            if (--_left == 0) Finish();
        }

        public void Finish()
        {
            ref var to = ref MemoryMarshal.GetReference(_sums);
            var (a, b) = Vector256.Widen(_low);
            var (c, d) = Vector256.Widen(_high);
            (Vector256.LoadUnsafe(ref to) + a).StoreUnsafe(ref to);
            (Vector256.LoadUnsafe(ref to, 8) + b).StoreUnsafe(ref to, 8);
            (Vector256.LoadUnsafe(ref to, 16) + c).StoreUnsafe(ref to, 16);
            (Vector256.LoadUnsafe(ref to, 24) + d).StoreUnsafe(ref to, 24);
            (_low, _high, _left) = (default, default, Flush);
        }
    }

    private ref struct WideSums(sbyte[] weights, int stride, Span<int> sums) : IBucketReceiver
    {
        private readonly Span<int> _sums = sums;

        public void Add(int bucket)
        {
            var row = weights.AsSpan(bucket * stride, stride);
            for (var i = 0; i < row.Length; i++) _sums[i] += row[i];
        }
    }

    /// <summary>Writes the model to a file, whole or not at all.</summary>
    public void Save(string path) => AtomicFolder.WriteFile(path, Write);

    internal void Write(Stream stream)
    {
        using var brotli = new BrotliStream(stream, CompressionLevel.SmallestSize, leaveOpen: true);
        using var writer = new BinaryWriter(brotli, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write((byte)1);
        writer.Write((byte)_bits);
        writer.Write(_scale);
        writer.Write((ushort)_languages.Length);
        foreach (var language in _languages) writer.Write(language);
        // Language by language: neighbors are alike and pack well.
        for (var l = 0; l < _languages.Length; l++)
            for (var b = 0; b < 1 << _bits; b++) writer.Write(_weights[b * _stride + l]);
    }

    /// <exception cref="DataException">The file cannot be read or is none of these.</exception>
    public static LanguageModel Load(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Read(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or InvalidOperationException or EndOfStreamException)
        {
            throw new DataException($"{path}: cannot be read as a language model: {error.Message} Make one with `loquat languages train`.", error);
        }
    }

    internal static LanguageModel Read(Stream stream)
    {
        using var brotli = new BrotliStream(stream, CompressionMode.Decompress);
        using var reader = new BinaryReader(brotli, Encoding.UTF8);
        if (reader.ReadUInt32() != Magic || reader.ReadByte() != 1) throw new InvalidDataException("it does not begin as one.");
        var bits = reader.ReadByte();
        var scale = reader.ReadSingle();
        var count = reader.ReadUInt16();
        if (bits is < 8 or > 22 || count == 0 || !float.IsFinite(scale) || (long)count << bits > 1 << 28) throw new InvalidDataException("its sizes cannot be.");
        var languages = new string[count];
        for (var i = 0; i < count; i++) languages[i] = reader.ReadString();
        var stride = Stride(count);
        var weights = new sbyte[stride << bits];
        var column = new byte[1 << bits];
        for (var l = 0; l < count; l++)
        {
            brotli.ReadExactly(column);
            for (var b = 0; b < column.Length; b++) weights[b * stride + l] = (sbyte)column[b];
        }
        return new(languages, bits, scale, weights);
    }

    private static LanguageModel LoadDefault()
    {
        using var stream = typeof(LanguageModel).Assembly.GetManifestResourceStream("languages.br") ?? throw new InvalidOperationException("the resource languages.br is missing");
        return Read(stream);
    }
}
