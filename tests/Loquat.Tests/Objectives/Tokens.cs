using Loquat.Models;
using Loquat.Models.Llama;
using Loquat.Objectives;
using Loquat.Text.Tokenization;

namespace Loquat.Tests.Objectives;

/// <summary>Tokenizers of a few tokens for the objectives, with the special tokens of all of them.</summary>
internal static class Tokens
{
    /// <summary>Tokens 0 to this - 1 are ordinary; the special ones come after.</summary>
    public const int Ordinary = 24;

    /// <param name="continuing">Whether there are four tokens after the ordinary ones that continue a word.</param>
    public static ObjectiveSetting Setting(int length, bool mask = false, bool continuing = false, ulong seed = 11)
    {
        var special = KnownObjectives.Types.SelectMany(type => KnownObjectives.Find(type)!.SpecialTokens).Append("<|endoftext|>").Distinct().Where(token => !mask || token is not ("<s>" or "</s>" or "<mask>" or "<pad>")).ToList();
        var words = Enumerable.Range(0, Ordinary).Select(i => $"{(char)('a' + i)}").Concat(continuing ? Enumerable.Range(0, 4).Select(i => $"##{(char)('a' + i)}") : []).ToList();
        var tokenizer = new Tokenizer(new TokenizerComponents
        {
            AddedTokens = [.. special.Select(text => new AddedToken(text) { Special = true })],
            Model = new Text.Tokenization.Models.WordLevel.WordLevelModel([.. words, .. special], special[0]),
        });
        return new(tokenizer, LlamaConfig.Decoder(1, 64, length), length, seed);
    }
}
