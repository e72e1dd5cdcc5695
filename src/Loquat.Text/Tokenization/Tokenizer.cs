using System.Text;
using Loquat.Text.Tokenization.ByteLevel;

namespace Loquat.Text.Tokenization;

/// <summary>
/// Text to token ids and back. Immutable; any number of threads may use one. Lone surrogates encode as U+FFFD.
/// </summary>
public sealed class Tokenizer
{
    private readonly string[] _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly HashSet<int> _special;
    private readonly string[] _specialTexts;
    private readonly ITokenModel _model;

    internal Tokenizer(IReadOnlyList<string> tokens, IReadOnlyList<string> special, ITokenModel model)
    {
        _tokens = [.. tokens];
        _ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < _tokens.Length; id++) _ids.TryAdd(_tokens[id], id);
        SpecialTokens = [.. special];
        _special = [.. special.Select(text => _ids[text])];
        // Longest first, so that one special text that begins another does not hide it.
        _specialTexts = [.. special.Where(t => t.Length > 0).OrderByDescending(t => t.Length)];
        _model = model;
    }

    /// <summary>Ids are below this.</summary>
    public int VocabSize => _tokens.Length;

    /// <summary>Texts that are tokens of their own wherever they occur, such as `&lt;|endoftext|&gt;`.</summary>
    public IReadOnlyList<string> SpecialTokens { get; }

    internal ITokenModel Model => _model;

    /// <summary>A learned byte-level BPE.</summary>
    internal static Tokenizer ByteLevelBpe(IReadOnlyList<string> vocabulary, IReadOnlyList<(int Left, int Right)> merges, IReadOnlyList<string> special, SplitPattern pattern) =>
        new(vocabulary, special, new ByteLevelBpeModel(vocabulary, merges, pattern));

    /// <summary>Reads a `tokenizer.json`, or the one in a folder.</summary>
    /// <exception cref="DataException">Missing, damaged, or of a kind that Loquat does not read; the message says where.</exception>
    public static Tokenizer Load(string path) => TokenizerJson.Read(Directory.Exists(path) ? Path.Combine(path, TokenizerJson.FileName) : path);

    /// <summary>Writes a `tokenizer.json` that Hugging Face tokenizers reads.</summary>
    public void Save(string path) => TokenizerJson.Write(this, path);

    public int? TokenToId(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public string? IdToToken(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>Appends the ids of a text. Special texts in it become their tokens; none are added around it.</summary>
    public void EncodeIds(ReadOnlySpan<char> text, List<int> ids)
    {
        while (text.Length > 0)
        {
            var (at, special) = NextSpecial(text);
            if (at > 0) _model.Encode(text[..at], ids);
            if (special is null) return;
            ids.Add(_ids[special]);
            text = text[(at + special.Length)..];
        }
    }

    public List<int> EncodeIds(string text)
    {
        var ids = new List<int>(text.Length / 3 + 1);
        EncodeIds(text.AsSpan(), ids);
        return ids;
    }

    /// <summary>The text of tokens. Bytes that are not UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<int> ids, bool skipSpecialTokens = true)
    {
        var bytes = new List<byte>();
        foreach (var id in ids)
            if (!skipSpecialTokens || !_special.Contains(id)) AppendBytes(id, bytes);
        return Encoding.UTF8.GetString([.. bytes]);
    }

    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>Appends the UTF-8 bytes that a token stands for; nothing for an id outside the vocabulary.</summary>
    internal void AppendBytes(int id, List<byte> bytes)
    {
        if ((uint)id >= (uint)_tokens.Length) return;
        if (_special.Contains(id)) bytes.AddRange(Encoding.UTF8.GetBytes(_tokens[id]));
        else _model.AppendBytes(_tokens[id], bytes);
    }

    internal IReadOnlyList<string> Tokens => _tokens;

    private (int At, string? Special) NextSpecial(ReadOnlySpan<char> text)
    {
        var best = text.Length;
        string? found = null;
        foreach (var special in _specialTexts)
        {
            if (text.IndexOf(special, StringComparison.Ordinal) is not (>= 0 and var at) || at >= best) continue;
            (best, found) = (at, special);
        }
        return (best, found);
    }
}

/// <summary>How text without special tokens becomes ids.</summary>
internal interface ITokenModel
{
    void Encode(ReadOnlySpan<char> text, List<int> ids);

    /// <summary>The UTF-8 bytes that a vocabulary entry stands for.</summary>
    void AppendBytes(string token, List<byte> bytes);
}
