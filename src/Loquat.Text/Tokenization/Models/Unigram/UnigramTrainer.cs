using Loquat.Text.Tokenization.Counting;

namespace Loquat.Text.Tokenization.Models.Unigram;

/// <summary>Options of <see cref="UnigramTrainer"/>; the names and defaults are Hugging Face's.</summary>
public sealed record UnigramTrainerOptions
{
    /// <summary>Pieces in all, special tokens included. Default: 8,000.</summary>
    public int VocabSize { get; init; } = 8000;

    /// <summary>E and M steps between two prunings. Default: 2.</summary>
    public int NumSubIterations { get; init; } = 2;

    /// <summary>The part of the pieces that a pruning keeps, above 0 and below 1. Default: 0.75.</summary>
    public double ShrinkingFactor { get; init; } = 0.75;

    /// <summary>The first ids. Default: none.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>The token for characters outside the vocabulary; put first where it is not a special token. Default: none.</summary>
    public string? UnkToken { get; init; }

    /// <summary>Characters that become pieces whether or not they occur: the first code point of each. Default: none.</summary>
    public IReadOnlyList<string> InitialAlphabet { get; init; } = [];

    /// <summary>The most characters of a piece, 1 to 63. Default: 16.</summary>
    public int MaxPieceLength { get; init; } = 16;

    /// <summary>Pieces to begin with, at most. Default: 1,000,000.</summary>
    public int SeedSize { get; init; } = 1_000_000;

    /// <summary>Threads. Default: one a processor. The result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether a text that yields fewer pieces than <see cref="VocabSize"/> is accepted. Default: false, an error.</summary>
    public bool AllowFewerTokens { get; init; }

    internal UnigramTrainerOptions Validated()
    {
        string? fault =
            VocabSize <= SpecialTokens.Count ? $"vocab_size is {VocabSize}; {SpecialTokens.Count} special tokens need more than {SpecialTokens.Count}."
            : NumSubIterations < 1 ? $"n_sub_iterations is {NumSubIterations}; it must be at least 1."
            : ShrinkingFactor is not (> 0 and < 1) ? $"shrinking_factor is {ShrinkingFactor}; it must be above 0 and below 1."
            : MaxPieceLength is < 1 or >= PieceLattice.LengthLimit ? $"max_piece_length is {MaxPieceLength}; it must be 1 to {PieceLattice.LengthLimit - 1}."
            : SeedSize is < 1 or >= PieceLattice.PieceLimit / 2 ? $"seed_size is {SeedSize}; it must be 1 to {PieceLattice.PieceLimit / 2 - 1}."
            : Threads < 1 ? $"threads is {Threads}; at least one thread must train."
            : null;
        return fault is null ? this : throw new OptionsException(fault);
    }
}

/// <summary>What Unigram training learns.</summary>
/// <param name="Pieces">Pieces and log probabilities in the order of ids; special tokens have 0.</param>
/// <param name="UnkId">The id of the unknown token.</param>
public sealed record UnigramVocabulary(IReadOnlyList<(string Piece, double Score)> Pieces, int? UnkId);

/// <summary>
/// Learns a unigram language model of pieces (Kudo 2018, with the digamma prior of Liang and Klein 2007): expectation maximization over frequent substrings, the pieces
/// whose loss is least falling away until the vocabulary is small enough. Neither the number of threads nor the order of the texts changes the result.
/// </summary>
public static class UnigramTrainer
{
    private const double LeastExpected = 0.5;

    /// <summary>Learns from words that are counted already.</summary>
    /// <exception cref="OptionsException">An option out of range, a vocabulary smaller than the alphabet, or words that do not allow so many pieces.</exception>
    /// <exception cref="OperationCanceledException">Canceled.</exception>
    public static UnigramVocabulary Learn(WordCounts words, UnigramTrainerOptions options, CancellationToken cancellation = default)
    {
        options = options.Validated();
        var text = WordText.Create(words);
        var required = text.Alphabet.Where(c => c != 0).Concat(options.InitialAlphabet.Where(t => t.Length > 0).Select(t => char.ConvertToUtf32(t, 0))).Distinct().Order()
            .Select(char.ConvertFromUtf32).ToList();
        var addUnknown = options.UnkToken is { } unknown && !options.SpecialTokens.Contains(unknown);
        var room = options.VocabSize - options.SpecialTokens.Count - (addUnknown ? 1 : 0);
        if (required.Count > room)
            throw new OptionsException($"vocab_size is {options.VocabSize}; the {required.Count} characters of the text and {options.VocabSize - room} special tokens need {required.Count + options.VocabSize - room}. Set it to that at least.");
        var lattice = new SeedPieces(text, options.MaxPieceLength, options.Threads).Choose(options.SeedSize);
        var wanted = (int)(options.VocabSize * 11L / 10);
        while (true)
        {
            for (var i = 0; i < options.NumSubIterations; i++) Maximize(lattice, ExpectedCounts.Of(lattice, options.Threads, cancellation));
            if (lattice.Pieces.Length <= wanted) break;
            lattice.Keep(PiecePruning.Keep(lattice, Math.Max(wanted, (int)(lattice.Pieces.Length * options.ShrinkingFactor)), options.Threads, cancellation));
        }
        var pieces = Finish(lattice, required, room);
        var special = options.SpecialTokens.Select(t => (t, 0.0)).ToList();
        if (addUnknown) special.Insert(0, (options.UnkToken!, 0.0));
        List<(string Piece, double Score)> all = [.. special, .. pieces];
        if (all.Count < options.VocabSize && !options.AllowFewerTokens)
            throw new OptionsException($"vocab_size is {options.VocabSize}, but the text allows only {all.Count} pieces. Give more text, or set vocab_size to at most {all.Count}.");
        return new(all, options.UnkToken is null ? null : special.FindIndex(t => t.Item1 == options.UnkToken));
    }

    /// <summary>The M step with a sparse prior: exp(digamma(c)) in place of each count c; what is expected less than half a time goes.</summary>
    private static void Maximize(PieceLattice lattice, double[] expected)
    {
        var kept = new List<int> { 0 };
        var sum = 0.0;
        for (var id = 1; id < expected.Length; id++)
        {
            if (expected[id] < LeastExpected) continue;
            kept.Add(id);
            sum += expected[id];
        }
        var logSum = Digamma(sum);
        foreach (var id in kept.Skip(1)) lattice.Pieces[id].Score = Digamma(expected[id]) - logSum;
        lattice.Keep(kept);
    }

    /// <summary>The alphabet, then the best pieces as the last pruning ordered them, sorted by score; characters that lost their piece come below all others.</summary>
    private static IEnumerable<(string Piece, double Score)> Finish(PieceLattice lattice, List<string> required, int room)
    {
        var learned = lattice.Pieces.Skip(1).Select(p => (Piece: lattice.Words.Spell(p.Place, p.Length), p.Score)).ToList();
        var scores = learned.ToDictionary(p => p.Piece, p => p.Score, StringComparer.Ordinal);
        var (lost, least) = (0, lattice.LeastScore);
        var pieces = required.Select(c => (Piece: c, Score: scores.TryGetValue(c, out var score) ? score : least + 0.0001 * lost++)).ToList();
        var inserted = required.ToHashSet(StringComparer.Ordinal);
        pieces.AddRange(learned.Where(p => !inserted.Contains(p.Piece)).Take(room - pieces.Count));
        // Stable: among equal scores the order above decides.
        return pieces.OrderByDescending(p => p.Score);
    }

    /// <summary>The derivative of ln Γ, by recurrence up to 7 and the asymptotic series there.</summary>
    private static double Digamma(double x)
    {
        var result = 0.0;
        for (; x < 7; x++) result -= 1 / x;
        x -= 0.5;
        double inverse = 1 / x, square = inverse * inverse, fourth = square * square;
        return result + Math.Log(x) + square / 24 - 7.0 / 960 * fourth + 31.0 / 8064 * fourth * square - 127.0 / 30720 * fourth * fourth;
    }
}
