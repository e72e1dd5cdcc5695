using Loquat.Tests;
using Loquat.Text.Tokenization;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>What Hugging Face tokenizers 0.23 gives for small files that the fixtures have nothing like; measured there.</summary>
public sealed class ReferenceBehaviorTests
{
    private const string Words = """ "model":{"type":"WordLevel","vocab":{"<unk>":0,"a":1,"b":2},"unk_token":"<unk>"} """;
    private const string Unknown = """ "model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0]]} """;

    [Fact]
    public void Added_tokens_that_are_normalized_are_found_and_decoded_as_normalized_text()
    {
        var tokenizer = Read("""
            "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
            "pre_tokenizer":{"type":"BertPreTokenizer"},
            "added_tokens":[
                {"id":6,"content":"New York","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":false},
                {"id":7,"content":"<END>","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":true},
                {"id":8,"content":"日本","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":false},
                {"id":9,"content":"<RAW>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
            "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"new":1,"york":2,"x":3,"i":4,"##n":5}}
            """);
        const string text = "NEW YORK x <end> new 日本 <RAW>";
        var encoding = tokenizer.Encode(text);
        encoding.Tokens.Should().Equal("new york", "x", "<end>", "new", " 日  本 ", "<RAW>");
        encoding.Ids.Should().Equal(6, 3, 7, 1, 8, 9);
        encoding.CodePointOffsets.Should().Equal(new(0, 8), new(9, 10), new(11, 16), new(17, 20), new(21, 23), new(24, 29));
        tokenizer.EncodeIds(text).Should().Equal(encoding.Ids);
        tokenizer.IdToToken(6).Should().Be("new york");
        // The normalized text of a special token is none, unless it is the same.
        tokenizer.Decode(encoding.Ids).Should().Be("new york x <end> new  日  本 ");
        tokenizer.Decode(encoding.Ids, skipSpecialTokens: false).Should().Be("new york x <end> new  日  本  <RAW>");
    }

    [Fact]
    public void Added_tokens_of_a_byte_level_normalizer_decode_to_their_text()
    {
        var tokenizer = Read($$"""
            "normalizer":{"type":"ByteLevel"},"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
            "added_tokens":[{"id":3,"content":"Élan","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":false}],{{Words}}
            """);
        tokenizer.Encode("Élan").Tokens.Should().Equal("Ãīlan");
        tokenizer.Decode([3]).Should().Be("Élan");
    }

    [Theory]
    [InlineData("<m>  a", new[] { 2, 0 }, new[] { 0, 5, 5, 6 })]
    [InlineData("  <m>  a", new[] { 1, 2, 0 }, new[] { 0, 2, 2, 7, 7, 8 })]
    [InlineData("  <m>   <m>  b", new[] { 1, 2, 2, 0 }, new[] { 0, 2, 2, 8, 8, 13, 13, 14 })] // the reference ends the process at an uneven number of spaces
    public void White_space_that_a_token_took_behind_itself_is_no_token_again(string text, int[] ids, int[] offsets)
    {
        var tokenizer = Read($$"""
            "added_tokens":[
                {"id":1,"content":"  ","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":false},
                {"id":2,"content":"<m>","single_word":false,"lstrip":false,"rstrip":true,"normalized":false,"special":false}],{{Unknown}}
            """);
        var encoding = tokenizer.Encode(text);
        encoding.Ids.Should().Equal(ids);
        encoding.CodePointOffsets.SelectMany(o => new[] { o.Start, o.End }).Should().Equal(offsets);
        tokenizer.EncodeIds(text).Should().Equal(ids);
    }

    [Theory]
    [InlineData("Removed")]
    [InlineData("Isolated")]
    [InlineData("Contiguous")]
    [InlineData("MergedWithNext")]
    public void The_empty_text_splits_between_all_characters(string behavior)
    {
        var encoding = Read($$$"""
            "pre_tokenizer":{"type":"Split","pattern":{"String":""},"behavior":"{{{behavior}}}","invert":false},{{{Unknown}}}
            """).Encode("aé😀");
        encoding.Tokens.Should().Equal("a", "é", "😀");
        encoding.CodePointOffsets.Should().Equal([new(0, 1), new(1, 2), new(2, 3)]);
    }

    [Fact]
    public void The_empty_text_is_replaced_between_all_characters() =>
        Read($$$""" "normalizer":{"type":"Replace","pattern":{"String":""},"content":"_"},{{{Unknown}}} """).Encode("aé").Tokens.Should().Equal("_a_é_");

    [Theory]
    [InlineData("null", "a b a")]
    [InlineData("""{"type":"Sequence","decoders":[]}""", "aba")]
    public void A_decoder_that_does_nothing_joins_without_spaces_and_none_joins_with_them(string decoder, string text) =>
        Read($$""" "pre_tokenizer":{"type":"WhitespaceSplit"},"decoder":{{decoder}},{{Words}} """).Decode([1, 2, 1]).Should().Be(text);

    [Fact]
    public void Without_special_tokens_the_parts_that_roberta_cuts_off_keep_their_types()
    {
        var encoding = Read($$"""
            "pre_tokenizer":{"type":"WhitespaceSplit"},"truncation":{"direction":"Right","max_length":4,"strategy":"LongestFirst","stride":0},
            "post_processor":{"type":"RobertaProcessing","sep":["b",2],"cls":["a",1],"trim_offsets":true,"add_prefix_space":true},{{Words}}
            """).Encode("a a a", "b b b", addSpecialTokens: false);
        encoding.TypeIds.Should().Equal(0, 0, 0, 0);
        encoding.Overflowing.Select(part => string.Join(' ', part.Ids)).Should().Equal("1 2 2", "1 2", "1 1 2");
        encoding.Overflowing.Select(part => string.Join(' ', part.TypeIds)).Should().Equal("0 0 0", "0 1", "0 0 1");
    }

    private static Tokenizer Read(string fields)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer.json"), "{" + fields + "}");
        return Tokenizer.Load(folder.Path);
    }
}
