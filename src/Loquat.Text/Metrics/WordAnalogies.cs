namespace Loquat.Text.Metrics;

/// <summary>One question: a is to b as c is to what?</summary>
/// <param name="Right">The word that is asked for.</param>
/// <param name="Added">What 3CosAdd says.</param>
/// <param name="Multiplied">What 3CosMul says.</param>
public sealed record AnalogyAnswer(string A, string B, string C, string Right, string Added, string Multiplied);

/// <summary>The questions of one kind.</summary>
/// <param name="Name">Of the kind.</param>
/// <param name="Total">Questions in the file.</param>
/// <param name="Answers">To those whose four words have vectors.</param>
public sealed record AnalogySection(string Name, int Total, IReadOnlyList<AnalogyAnswer> Answers)
{
    /// <summary>Right ones by 3CosAdd.</summary>
    public int CorrectAdded => Answers.Count(answer => answer.Added == answer.Right);

    /// <summary>Right ones by 3CosMul.</summary>
    public int CorrectMultiplied => Answers.Count(answer => answer.Multiplied == answer.Right);
}

/// <summary>
/// Analogies between words (Mikolov et al. 2013): the word whose vector is nearest to b - a + c by the sum of cosines (3CosAdd), or by b · c / a of them, each moved to 0 to 1 (3CosMul, Levy and Goldberg 2014). The words
/// of the question are never the answer.
/// </summary>
public static class WordAnalogies
{
    private const double Least = 1e-6; // Levy and Goldberg's ε

    /// <param name="lines">Four words a line, put into lower case; `: name` begins a kind, as in questions-words.txt.</param>
    /// <param name="name">Of the file, for what is said of faults.</param>
    /// <exception cref="DataException">A line has not four words, or stands before any kind.</exception>
    public static IReadOnlyList<AnalogySection> Score(WordVectors vectors, IEnumerable<string> lines, string name = "questions")
    {
        var units = vectors.Normalized();
        var sections = new List<(string Name, int Total, List<AnalogyAnswer> Answers)>();
        var line = 0;
        foreach (var text in lines)
        {
            line++;
            var words = text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            if (words[0] == ":")
            {
                sections.Add((string.Join(' ', words[1..]), 0, []));
                continue;
            }
            if (words.Length != 4) throw new DataException($"{name}, line {line}: {words.Length} words; four are expected, as 'athens greece oslo norway', or ': name' of a kind.");
            if (sections.Count == 0) sections.Add(("all", 0, []));
            var section = sections[^1];
            sections[^1] = section with { Total = section.Total + 1 };
            int[] places = [.. words.Select(vectors.PlaceOf)];
            if (places.Contains(-1)) continue;
            var (added, multiplied) = Answer(units, places[0], places[1], places[2]);
            section.Answers.Add(new(words[0], words[1], words[2], words[3], vectors.Words[added], vectors.Words[multiplied]));
        }
        return [.. sections.Select(section => new AnalogySection(section.Name, section.Total, section.Answers))];
    }

    private static (int Added, int Multiplied) Answer(double[][] units, int a, int b, int c)
    {
        var (added, multiplied) = ((Place: -1, Value: double.NegativeInfinity), (Place: -1, Value: double.NegativeInfinity));
        for (var i = 0; i < units.Length; i++)
        {
            if (i == a || i == b || i == c) continue;
            var (toA, toB, toC) = (Product(units[i], units[a]), Product(units[i], units[b]), Product(units[i], units[c]));
            var (sum, product) = (toB + toC - toA, Share(toB) * Share(toC) / (Share(toA) + Least));
            if (sum > added.Value) added = (i, sum);
            if (product > multiplied.Value) multiplied = (i, product);
        }
        if (added.Place < 0) throw new DataException("the vectors have no word besides those of a question.");
        return (added.Place, multiplied.Place);
    }

    private static double Share(double cosine) => (1 + cosine) / 2;

    private static double Product(double[] x, double[] y)
    {
        var sum = 0.0;
        for (var i = 0; i < x.Length; i++) sum += x[i] * y[i];
        return sum;
    }
}
