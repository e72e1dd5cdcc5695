using System.Runtime.CompilerServices;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.ByteLevel;
using Loquat.Text.Tokenization.Models;
using Loquat.Text.Tokenization.Models.Bpe;
using Loquat.Text.Tokenization.Normalizers;
using Loquat.Text.Tokenization.Patterns;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tokenization.Pipeline;

/// <summary>Ids only, for the combinations of parts that models use: one pass over spans, with a cache of pieces. Gives what the parts one by one give.</summary>
internal abstract class FastEncoder
{
    /// <summary>Whether the normalizer's work is done here too.</summary>
    public virtual bool TakesNormalizer => false;

    /// <summary>Appends the ids of text without added tokens.</summary>
    /// <param name="atStart">Whether the whole text begins here.</param>
    public abstract void Encode(ReadOnlySpan<char> text, bool atStart, Workspace work);

    /// <summary>The encoder for these parts, or null where only the parts one by one will do.</summary>
    public static FastEncoder? Create(Normalizer? normalizer, PreTokenizer? preTokenizer, TokenizerModel model)
    {
        if (model is BpeModel { HasDropout: true }) return null;
        switch (preTokenizer)
        {
            case ByteLevelPreTokenizer { UsesRegex: true } level when model is BpeModel bpe:
                return new ByteLevelEncoder(SplitPattern.Gpt2, bpe, level.AddsPrefixSpace);
            case PreTokenizerSequence { PreTokenizers: [SplitPreTokenizer { Behavior: SplitBehavior.Isolated or SplitBehavior.Removed, Pattern: RegexPattern { Scanner: { } scanner } } split, ByteLevelPreTokenizer { UsesRegex: false, AddsPrefixSpace: false }] }
                when model is BpeModel bpe && (split.Behavior == SplitBehavior.Isolated || split.Invert):
                return new ByteLevelEncoder(scanner, bpe, addPrefixSpace: false);
            case SplitPreTokenizer { Behavior: SplitBehavior.Isolated, Pattern: RegexPattern { Scanner: { } scanner } }:
                return new ScannerEncoder(scanner, model);
            case MetaspacePreTokenizer { Replacement.Length: 1 } metaspace:
                return new MetaspaceEncoder(metaspace, model);
            case null:
                return new WholeEncoder(model);
            default:
                return WordEncoder.For(normalizer, preTokenizer, model);
        }
    }

    /// <summary>Whether a part has to know where the whole text begins.</summary>
    public static bool UsesFirst(PreTokenizer? preTokenizer) => preTokenizer switch
    {
        MetaspacePreTokenizer metaspace => metaspace.Scheme == PrependScheme.First,
        PreTokenizerSequence sequence => sequence.PreTokenizers.Any(UsesFirst),
        _ => false,
    };

    /// <summary>Encodes a piece, by the cache where it is short.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EncodeCached(ReadOnlySpan<char> piece, Workspace work)
    {
        if (piece.Length is 0 or > PieceCache.LongestKey)
        {
            if (piece.Length > 0) EncodeNew(piece, work);
            return;
        }
        var hash = PieceCache.Hash(piece);
        if (work.Cache.TryAppend(piece, hash, work)) return;
        var from = work.Count;
        EncodeNew(piece, work);
        work.Cache.Add(piece, hash, work.Ids[from..]);
    }

    /// <summary>Encodes a piece that is not empty, without the cache.</summary>
    protected abstract void EncodeNew(ReadOnlySpan<char> piece, Workspace work);
}

/// <summary>Its pieces are the model's.</summary>
internal abstract class ModelEncoder(TokenizerModel model) : FastEncoder
{
    protected sealed override void EncodeNew(ReadOnlySpan<char> piece, Workspace work) => model.EncodeIds(piece, work);
}

/// <summary>Pieces of a scanner, as they stand.</summary>
internal sealed class ScannerEncoder(SplitPattern scanner, TokenizerModel model) : ModelEncoder(model)
{
    public override void Encode(ReadOnlySpan<char> text, bool atStart, Workspace work)
    {
        for (int start = 0, end; start < text.Length; start = end) EncodeCached(text[start..(end = scanner.Next(text, start))], work);
    }
}

/// <summary>Spaces become marks; words begin with a mark and are encoded one by one, or the text whole.</summary>
internal sealed class MetaspaceEncoder(MetaspacePreTokenizer metaspace, TokenizerModel model) : ModelEncoder(model)
{
    private readonly char _mark = metaspace.Replacement[0];
    private readonly WholeEncoder _whole = new(model);

    public override void Encode(ReadOnlySpan<char> text, bool atStart, Workspace work)
    {
        var room = work.CharactersOf(text.Length + 1);
        text.Replace(room[1..], ' ', _mark);
        room[0] = _mark;
        var prefix = room[1] != _mark && (metaspace.Scheme == PrependScheme.Always || metaspace.Scheme == PrependScheme.First && atStart);
        ReadOnlySpan<char> marked = room[(prefix ? 0 : 1)..(text.Length + 1)];
        if (!metaspace.Splits)
        {
            _whole.Encode(marked, atStart, work);
            return;
        }
        while (marked.Length > 0)
        {
            var end = marked[1..].IndexOf(_mark);
            var word = end < 0 ? marked : marked[..(end + 1)];
            EncodeCached(word, work);
            marked = marked[word.Length..];
        }
    }
}

/// <summary>Text that is one piece: cut where no token can reach over, so that the parts are short and the cache knows them.</summary>
internal sealed class WholeEncoder(TokenizerModel model) : ModelEncoder(model)
{
    private readonly BpeModel? _bpe = model is BpeModel { Options.IgnoreMerges: false } bpe ? bpe : null;

    public override void Encode(ReadOnlySpan<char> text, bool atStart, Workspace work)
    {
        if (_bpe is null)
        {
            EncodeCached(text, work);
            return;
        }
        var start = 0;
        for (var at = 1; at < text.Length; at++)
        {
            if (!_bpe.Separates(text[at - 1], text[at])) continue;
            EncodeCached(text[start..at], work);
            start = at;
        }
        EncodeCached(text[start..], work);
    }
}
