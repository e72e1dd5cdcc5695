using System.Text.Json;

namespace Loquat.Text.Tokenization.Models;

/// <summary>Tokens and ids, both ways. Ids may have gaps.</summary>
internal sealed class Vocabulary
{
    private const int HighestGap = 1 << 22;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private string?[] _tokens;

    public Vocabulary(int capacity = 0)
    {
        _ids = new(capacity, StringComparer.Ordinal);
        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = new string?[Math.Max(capacity, 16)];
    }

    /// <summary>Each token's id is its place.</summary>
    public Vocabulary(IReadOnlyList<string> tokens) : this(tokens.Count)
    {
        for (var id = 0; id < tokens.Count; id++) Add(tokens[id], id);
    }

    public int Count => _ids.Count;

    public int IdLimit { get; private set; }

    /// <summary>A token that is there already gets the new id.</summary>
    /// <returns>False where the id cannot be.</returns>
    public bool Add(string token, int id)
    {
        if (id is < 0 or > HighestGap) return false;
        if (id >= _tokens.Length) Array.Resize(ref _tokens, Math.Max(id + 1, _tokens.Length * 2));
        _ids[token] = id;
        _tokens[id] = token;
        IdLimit = Math.Max(IdLimit, id + 1);
        return true;
    }

    public bool TryGet(ReadOnlySpan<char> token, out int id) => _lookup.TryGetValue(token, out id);

    public int? Find(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public string? Token(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>In the order of ids.</summary>
    public IEnumerable<(string Token, int Id)> Entries => Enumerable.Range(0, IdLimit).Where(id => _tokens[id] is not null).Select(id => (_tokens[id]!, id));

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("vocab");
        foreach (var (token, id) in Entries) json.WriteNumber(token, id);
        json.WriteEndObject();
    }
}
