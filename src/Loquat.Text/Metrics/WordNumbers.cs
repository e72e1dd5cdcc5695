namespace Loquat.Text.Metrics;

/// <summary>Numbers for words, the same for equal ones.</summary>
internal sealed class WordNumbers
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    public int[] Of(IReadOnlyList<string> words)
    {
        var numbers = new int[words.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!_numbers.TryGetValue(words[i], out var number)) _numbers[words[i]] = number = _numbers.Count;
            numbers[i] = number;
        }
        return numbers;
    }
}
