using Loquat.Text.Tokenization.ChatTemplates;
using Loquat.Text.Tokenization.PostProcessors;
using Loquat.Text.Tokenization.Models.SentencePiece;

namespace Loquat.Text.Tokenization;

/// <summary>The special tokens that a tokenizer puts before and after one text.</summary>
internal static class BeginAndEndTokens
{
    // The reference's classes that put a begin token where their files do not say.
    private static readonly string[] _beginByDefault = ["LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer"];

    /// <summary>
    /// The tokenizer as `add_bos_token` and `add_eos_token` of a folder's `tokenizer_config.json` want it: the reference makes the post-processor anew from them. Where
    /// the file names neither, the tokenizer's own post-processor stands.
    /// </summary>
    /// <exception cref="DataException">A token is to be put that the folder does not name or the vocabulary does not hold.</exception>
    public static Tokenizer AsFolderSays(Tokenizer tokenizer, string folder)
    {
        if (!File.Exists(Path.Combine(folder, "tokenizer_config.json"))) return tokenizer;
        var config = TokenizerConfig.Load(folder);
        var bySentencePiece = tokenizer.Components is { PostProcessor: null, Model: SentencePieceTokenizerModel };
        var begin = config.AddBosToken ?? (bySentencePiece && _beginByDefault.Any(name => config.TokenizerClass?.StartsWith(name, StringComparison.Ordinal) == true) ? true : null);
        if (begin is null && config.AddEosToken is null) return tokenizer;
        var around = tokenizer.Encode("").Ids;
        int? Id(bool? wanted, string name, string? token, bool first)
        {
            var id = token is null ? null : tokenizer.TokenToId(token);
            var there = id is not null && around.Count > 0 && around[first ? 0 : ^1] == id;
            if (!(wanted ?? there)) return null;
            return id ?? throw new DataException($"{folder}: tokenizer_config.json adds {name} to every text, but {(token is null ? $"names no {name}" : $"'{token}' is not in the vocabulary")}.");
        }
        var (bos, eos) = (Id(begin, "bos_token", config.BosToken, first: true), Id(config.AddEosToken, "eos_token", config.EosToken, first: false));
        List<int> wanted = [.. bos is { } b ? [b] : (int[])[], .. eos is { } e ? [e] : (int[])[]];
        return around.SequenceEqual(wanted) ? tokenizer : With(tokenizer, bos, eos);
    }

    /// <summary>The same tokenizer with one token before a text and one after it, in place of those that it puts.</summary>
    public static Tokenizer With(Tokenizer tokenizer, int? begin, int? end)
    {
        (int Id, string Token)? Named(int? id) => id is { } given ? (given, tokenizer.IdToToken(given)!) : null;
        PostProcessor template = TemplateProcessing.Around(Named(begin), Named(end));
        // Byte-level processing has another task as well: it takes spaces out of the offsets.
        return new(tokenizer.Components with { PostProcessor = tokenizer.Components.PostProcessor is ByteLevelProcessing offsets ? new PostProcessorSequence(offsets, template) : template });
    }
}
