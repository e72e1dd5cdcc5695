using CsCheck;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Segmentation;

namespace Loquat.Corpus.Tests.Preprocessing.Characters;

public sealed class WordSpansTests
{
    private static readonly Gen<string> _text = Gen.Char["aB.!?\n\r\t \u001b\u001c\u001f\u0084\u0085\u00a0\u1680\u1fff\u2000\u200a\u200b\u2027\u2028\u2029\u202f\u205f\u3000\u3001\ud83d\ude00é"].Array[0, 150].Select(c => new string(c));

    [Fact]
    public void Words_found_in_blocks_are_those_found_one_character_at_a_time() => _text.Sample(text =>
    {
        var words = new List<TextSpan>();
        foreach (var word in new WordSpans(text)) words.Add(word);
        return WordSpans.Of(text).SequenceEqual(words) && WordSpans.Count(text) == words.Count;
    });

    [Fact]
    public void Every_character_is_white_space_in_a_block_where_it_is_alone() => Enumerable.Range(0, 0x10000).Where(c =>
        (WhiteSpace.Block(new string('x', 7) + (char)c + new string('x', WhiteSpace.BlockLength), 0) == 1u << 7) != WhiteSpace.Is((char)c)).Should().BeEmpty();

    [Fact]
    public void Sentences_are_as_many_as_are_given() => _text.Sample(text => SimpleSentences.Count(text) == SimpleSentences.Of(text).Count);
}
