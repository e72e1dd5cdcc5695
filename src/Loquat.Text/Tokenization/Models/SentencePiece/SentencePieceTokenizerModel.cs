using System.Runtime.InteropServices;
using System.Text.Json;
using Loquat.Text.Tokenization.Alignment;

namespace Loquat.Text.Tokenization.Models.SentencePiece;

/// <summary>
/// A sentencepiece `.model` as sentencepiece itself runs it: normalization, cutting and decoding belong together, so all of it is one part here.
/// In a `tokenizer.json`, which has no such model, Loquat keeps the file's bytes.
/// </summary>
public sealed class SentencePieceTokenizerModel : TokenizerModel
{
    private readonly byte[] _file;
    private readonly SentencePieceTokenizer _tokenizer;

    /// <param name="file">The content of a `.model` file.</param>
    /// <param name="source">What errors call it.</param>
    /// <exception cref="DataException">The file is damaged; the message names the byte.</exception>
    public SentencePieceTokenizerModel(byte[] file, string source) => (_file, _tokenizer) = (file, new(SentencePieceModel.Read(file, source), source));

    public override int VocabSize => _tokenizer.VocabSize;

    internal override string Type => "SentencePiece";

    internal override int IdLimit => VocabSize;

    internal override SamplingMethod Sampling => SentencePieceSegmenter.MethodOf(_tokenizer.Model.Algorithm);

    /// <summary>Pieces that stand for no text, such as `&lt;s>`; they are not found in text.</summary>
    internal IEnumerable<string> ControlPieces => _tokenizer.Model.Pieces.Where(p => p.Type == PieceType.Control).Select(p => p.Text);

    public override int? TokenToId(string token) => _tokenizer.TokenToId(token);

    public override string? IdToToken(int id) => _tokenizer.IdToToken(id);

    internal override bool IsSpecial(int id) => (uint)id < (uint)VocabSize && _tokenizer.Model.Pieces[id].Type == PieceType.Control;

    internal bool Denormalizes => _tokenizer.Denormalizes;

    internal string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens) => _tokenizer.Decode(ids, skipSpecialTokens);

    internal override void EncodeIds(ReadOnlySpan<char> piece, Workspace work)
    {
        var ids = new List<int>(piece.Length / 3 + 4);
        _tokenizer.EncodeIds(piece, ids);
        work.Add(CollectionsMarshal.AsSpan(ids));
    }

    internal override void Tokenize(string piece, List<Token> tokens) => Add(_tokenizer.Encode(piece), new(piece), tokens);

    internal override void Sample(string piece, double alpha, int nbestSize, Random random, List<Token> tokens) => Add(_tokenizer.Sample(piece, alpha, nbestSize, random), new(piece), tokens);

    internal override List<(List<Token> Tokens, double Score)> Nbest(string piece, int size)
    {
        var places = new Utf8Places(piece);
        return _tokenizer.Nbest(piece, size).ConvertAll(one =>
        {
            var tokens = new List<Token>();
            Add(one.Pieces, places, tokens);
            return (tokens, one.Score);
        });
    }

    internal override void Write(Utf8JsonWriter json) => json.WriteBase64String("file", _file);

    private static void Add(List<EncodedPiece> pieces, Utf8Places places, List<Token> tokens)
    {
        foreach (var (id, text, start, end) in pieces)
        {
            var (from, to) = places.Units(start, end);
            tokens.Add(new(id, text, from, to));
        }
    }
}
