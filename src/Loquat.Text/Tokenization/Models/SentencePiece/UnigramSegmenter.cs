using System.Diagnostics;
using System.Runtime.InteropServices;
using Loquat.Text.Tokenization.Models.Unigram;
using Loquat.Text.Tokenization.Unicode;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>One way of cutting normalized text into pieces; an instance serves one thread.</summary>
internal abstract class SentencePieceSegmenter
{
    /// <summary>Appends the pieces of <paramref name="text"/> in order.</summary>
    public abstract void Segment(ReadOnlySpan<byte> text, List<Segment> output);

    /// <summary>Whether <see cref="CutWord"/> is there.</summary>
    public virtual bool CutsWords => false;

    /// <summary>Appends the pieces of a word, without a cache.</summary>
    /// <param name="score">The sum of scores up to here.</param>
    /// <param name="margin">How much worse the next best way to cut is.</param>
    /// <returns>The sum with those of the word.</returns>
    public virtual float CutWord(ReadOnlySpan<byte> word, float score, List<Segment> output, out float margin) => throw new InvalidOperationException("This model does not cut word by word.");

    /// <summary>The same by chance, for the algorithms that <see cref="MethodOf"/> names a method for.</summary>
    public virtual void Sample(ReadOnlySpan<byte> text, double alpha, int nbestSize, Random random, List<Segment> output) => throw new UnreachableException();

    /// <summary>The most probable ways, best first; unigram only.</summary>
    public virtual NbestPaths Nbest(ReadOnlySpan<byte> text, int size) => throw new UnreachableException();

    public static SamplingMethod MethodOf(SentencePieceAlgorithm algorithm) => algorithm switch
    {
        SentencePieceAlgorithm.Unigram => SamplingMethod.Lattice,
        SentencePieceAlgorithm.Bpe => SamplingMethod.MergeDropout,
        _ => SamplingMethod.None,
    };

    public static SentencePieceSegmenter Create(PieceTable table) => table.Model.Algorithm switch
    {
        SentencePieceAlgorithm.Unigram => new UnigramSegmenter(table),
        SentencePieceAlgorithm.Bpe => new BpeSegmenter(table),
        SentencePieceAlgorithm.Word => new WordSegmenter(table),
        _ => new CharacterSegmenter(table),
    };
}

/// <summary>
/// The most probable segmentation (Viterbi). Sums are 32-bit floats along the whole text, in the reference's order, so that ties fall as there;
/// words whose best way is clear by more than rounding could change are taken from a cache.
/// </summary>
/// <remarks>Kudo 2018, "Subword Regularization", section 3.2; unigram_model.cc of the sentencepiece project, EncodeOptimized.</remarks>
internal sealed class UnigramSegmenter : SentencePieceSegmenter
{
    private const float UnknownPenalty = 10;

    private readonly PieceTable _table;
    private readonly float _unknownScore;
    private readonly float _highest;
    private readonly SegmentCache _cache = new();
    private UnigramLattice? _lattice;
    private Node[] _nodes = new Node[256];

    private struct Node
    {
        public float Score;
        public int Start; // -1: not reached
        public int Id;
        public float RunnerUp;
    }

    public UnigramSegmenter(PieceTable table)
    {
        _table = table;
        var (lowest, highest) = (float.MaxValue, float.MinValue);
        for (var id = 0; id < table.Types.Length; id++)
            if (table.Types[id] == PieceType.Normal)
                (lowest, highest) = (Math.Min(lowest, table.Scores[id]), Math.Max(highest, table.Scores[id]));
        (_unknownScore, _highest) = (lowest - UnknownPenalty, highest);
    }

    public override bool CutsWords => true;

    private UnigramLattice Lattice => _lattice ??= new(_table.Trie,
        [.. _table.Types.Select((type, id) => type == PieceType.Unused ? double.NegativeInfinity : ScoreOf(id, _table.Bytes[id].Length))], _table.UnknownId, _unknownScore);

    public override void Sample(ReadOnlySpan<byte> text, double alpha, int nbestSize, Random random, List<Segment> output) => Lattice.Sample(text, alpha, nbestSize, random, output);

    public override NbestPaths Nbest(ReadOnlySpan<byte> text, int size) => Lattice.Nbest(text, size);

    public override void Segment(ReadOnlySpan<byte> text, List<Segment> output)
    {
        var score = 0f;
        while (!text.IsEmpty)
        {
            var length = _table.CutsBeforeSpace ? PieceTable.WordLength(text) : text.Length;
            var word = text[..length];
            text = text[length..];
            if (_cache.TryGet(word, out var known, out var margin, out var hash) && margin > Doubt(score, known.Length))
            {
                output.AddRange(known);
                foreach (var segment in known) score += ScoreOf(segment);
                continue;
            }
            var from = output.Count;
            score = CutWord(word, score, output, out margin);
            if (known.IsEmpty) _cache.Add(word, hash, CollectionsMarshal.AsSpan(output)[from..], margin);
        }
    }

    /// <summary>More than rounding could add up to over the additions of a word at this height.</summary>
    public static float Doubt(float score, int pieces) => (MathF.BitIncrement(MathF.Abs(score) + 1000) - (MathF.Abs(score) + 1000)) * (4 * pieces + 64);

    private float ScoreOf(Segment segment) => segment.Id == _table.UnknownId ? _unknownScore : ScoreOf(segment.Id, segment.Length);

    // A user-defined piece gets a bonus, so that it is always taken.
    private float ScoreOf(int id, int length) => _table.Types[id] == PieceType.UserDefined ? (float)(length * _highest - 0.1) : _table.Scores[id];

    public override float CutWord(ReadOnlySpan<byte> word, float score, List<Segment> output, out float margin)
    {
        if (_nodes.Length <= word.Length) _nodes = new Node[Math.Max(word.Length + 1, _nodes.Length * 2)];
        var nodes = _nodes.AsSpan(0, word.Length + 1);
        nodes.Fill(new() { Start = -1, RunnerUp = float.NegativeInfinity });
        nodes[0].Score = score;
        var trie = _table.Trie;
        for (var start = 0; start < word.Length;)
        {
            var here = nodes[start].Score;
            var one = CodePoints.Utf8Length(word[start..]);
            var (state, single) = (0, false);
            for (var end = start; end < word.Length;)
            {
                state = trie.Step(state, word[end++]);
                if (state < 0) break;
                var id = trie.ValueAt(state);
                if (id < 0 || _table.Types[id] == PieceType.Unused) continue;
                Offer(ref nodes[end], ScoreOf(id, end - start) + here, start, id);
                single |= end - start == one;
            }
            if (!single) Offer(ref nodes[start + one], _unknownScore + here, start, _table.UnknownId);
            start += one;
        }
        margin = float.PositiveInfinity;
        var first = output.Count;
        for (var end = word.Length; end > 0; end = nodes[end].Start)
        {
            margin = Math.Min(margin, nodes[end].Score - nodes[end].RunnerUp);
            output.Add(new(end - nodes[end].Start, nodes[end].Id));
        }
        output.Reverse(first, output.Count - first);
        return nodes[word.Length].Score;
    }

    private static void Offer(ref Node node, float score, int start, int id)
    {
        if (node.Start == -1 || score > node.Score)
            node = new() { RunnerUp = node.Start == -1 ? float.NegativeInfinity : node.Score, Score = score, Start = start, Id = id };
        else if (score > node.RunnerUp) node.RunnerUp = score;
    }
}
