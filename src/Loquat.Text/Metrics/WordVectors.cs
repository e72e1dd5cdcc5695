using System.Diagnostics.CodeAnalysis;

namespace Loquat.Text.Metrics;

/// <summary>Vectors of words, as word2vec and GloVe write them: a word and its numbers a line, with or without a first line of counts.</summary>
public sealed class WordVectors
{
    private readonly Dictionary<string, int> _places;
    private readonly List<double[]> _vectors;

    private WordVectors(List<string> words, List<double[]> vectors, Dictionary<string, int> places) => (Words, _vectors, _places) = (words, vectors, places);

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Numbers of a vector.</summary>
    public int Dimension => _vectors[0].Length;

    /// <param name="lines">Of the file.</param>
    /// <param name="wanted">The words to keep. Default: all.</param>
    /// <param name="name">Of the file, for what is said of faults.</param>
    /// <exception cref="DataException">A line is not a word and as many numbers as the others have, or there are none.</exception>
    public static WordVectors Read(IEnumerable<string> lines, IReadOnlySet<string>? wanted = null, string name = "vectors")
    {
        var (words, vectors, places) = (new List<string>(), new List<double[]>(), new Dictionary<string, int>(StringComparer.Ordinal));
        var (line, dimension) = (0, 0);
        foreach (var text in lines)
        {
            line++;
            var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 0 || (line == 1 && parts.Length == 2)) continue; // word2vec's first line has two counts
            if (dimension == 0) dimension = parts.Length - 1;
            if (dimension == 0 || parts.Length != dimension + 1)
                throw new DataException($"{name}, line {line}: {parts.Length - 1} numbers; {(dimension == 0 ? "a word and its numbers are expected" : $"the lines before have {dimension}")}.");
            if (wanted?.Contains(parts[0]) == false || !places.TryAdd(parts[0], words.Count)) continue;
            words.Add(parts[0]);
            vectors.Add([.. parts.Skip(1).Select(part => NumberText.TryParse<double>(part, out var value) ? value : throw new DataException($"{name}, line {line}: '{part}' is not a number."))]);
        }
        return dimension > 0 ? new(words, vectors, places) : throw new DataException($"{name}: there are no vectors; a line of it is a word and its numbers.");
    }

    /// <summary>The vector of a word.</summary>
    public bool TryGet(string word, [NotNullWhen(true)] out double[]? vector)
    {
        vector = _places.TryGetValue(word, out var place) ? _vectors[place] : null;
        return vector is not null;
    }

    /// <summary>Where a word stands among <see cref="Words"/>; -1: nowhere.</summary>
    internal int PlaceOf(string word) => _places.GetValueOrDefault(word, -1);

    /// <summary>Each vector at length 1; zeros stay.</summary>
    internal double[][] Normalized() => [.. _vectors.Select(vector =>
    {
        var length = Math.Sqrt(vector.Sum(x => x * x));
        return length == 0 ? vector : [.. vector.Select(x => x / length)];
    })];
}
