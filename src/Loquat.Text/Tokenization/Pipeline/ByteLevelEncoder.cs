using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Models;
using Loquat.Text.Tokenization.Models.Bpe;

namespace Loquat.Text.Tokenization.Pipeline;

/// <summary>Byte-level BPE: a scanner cuts, each piece's UTF-8 bytes are merged; frequent pieces come from the cache.</summary>
internal sealed class ByteLevelEncoder : FastEncoder
{
    private readonly SplitPattern _scanner;
    private readonly BpeModel _model;
    private readonly bool _addPrefixSpace;
    private readonly int[] _byteIds = new int[256];
    private readonly bool _hasAllBytes = true;

    public ByteLevelEncoder(SplitPattern scanner, BpeModel model, bool addPrefixSpace)
    {
        (_scanner, _model, _addPrefixSpace) = (scanner, model, addPrefixSpace);
        for (var value = 0; value < 256; value++)
        {
            _byteIds[value] = model.CharacterId(ByteAlphabet.Character((byte)value));
            _hasAllBytes &= _byteIds[value] >= 0;
        }
        _hasAllBytes &= string.IsNullOrEmpty(model.Options.ContinuingSubwordPrefix) && string.IsNullOrEmpty(model.Options.EndOfWordSuffix);
    }

    public override void Encode(ReadOnlySpan<char> text, bool atStart, Workspace work)
    {
        if (_addPrefixSpace && text[0] != ' ')
        {
            var room = work.CharactersOf(text.Length + 1);
            room[0] = ' ';
            text.CopyTo(room[1..]);
            text = room[..(text.Length + 1)];
        }
        for (int start = 0, end; start < text.Length; start = end) EncodeCached(text[start..(end = _scanner.Next(text, start))], work);
    }

    protected override void EncodeNew(ReadOnlySpan<char> piece, Workspace work)
    {
        var bytes = work.BytesOf(System.Text.Encoding.UTF8.GetMaxByteCount(piece.Length));
        bytes = bytes[..System.Text.Encoding.UTF8.GetBytes(piece, bytes)];
        if (!_hasAllBytes || _model.Options.IgnoreMerges)
        {
            var spelled = bytes.Length <= 1024 ? stackalloc char[bytes.Length] : new char[bytes.Length];
            for (var i = 0; i < bytes.Length; i++) spelled[i] = ByteAlphabet.Character(bytes[i]);
            _model.EncodeIds(spelled, work);
            return;
        }
        var symbols = work.SymbolsOf(bytes.Length);
        for (var i = 0; i < bytes.Length; i++) symbols[i] = _byteIds[bytes[i]];
        work.Add(symbols[.._model.Merge(symbols)]);
    }
}
