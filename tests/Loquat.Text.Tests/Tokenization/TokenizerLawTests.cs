using System.Diagnostics;
using CsCheck;
using Loquat.Tests;
using Loquat.Text.Tests.Reference;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.Alignment;
using Loquat.Text.Tokenization.Decoders;
using Loquat.Text.Tokenization.Models.Bpe;
using Loquat.Text.Tokenization.Models.Unigram;
using Loquat.Text.Tokenization.Models.WordLevel;
using Loquat.Text.Tokenization.Patterns;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>What holds for every tokenizer and every text.</summary>
public sealed class TokenizerLawTests
{
    private static readonly Gen<string> _text = Gen.Frequency(
        (6, Gen.Char[' ', '~']), (2, Gen.Char["\t\n\r '.,0▁<>éÉßİſ"]), (2, Gen.Char['\u0080', '\uFFFF'])).Array[0, 80].Select(c => new string(c));

    public static TheoryData<string?> Files => [.. SharedFolder.FoldersWith("tokenizer.json", "fixtures", "tokenizers")];

    private static Tokenizer Load(string? name) => Tokenizer.Load(SharedFolder.Require("fixtures", "tokenizers", name ?? "a tokenizer.json"));

    [Theory, MemberData(nameof(Files))]
    public void Ids_alone_are_those_of_the_encoding_with_lone_surrogates_too(string? name)
    {
        var tokenizer = Load(name);
        _text.Sample(text =>
        {
            var encoding = tokenizer.Encode(text, addSpecialTokens: false);
            tokenizer.EncodeIds(text).Should().Equal(encoding.Ids, text);
            foreach (var (points, units, bytes) in encoding.CodePointOffsets.Zip(encoding.Utf16Offsets, encoding.ByteOffsets))
            {
                units.Start.Should().BeInRange(0, text.Length);
                units.End.Should().BeInRange(units.Start, text.Length);
                System.Text.Encoding.UTF8.GetByteCount(text.AsSpan(0, units.Start)).Should().Be(bytes.Start);
                text[..units.End].EnumerateRunes().Count().Should().Be(points.End);
            }
        }, iter: LongTests.Rounds(1_000, 100_000));
    }

    [Theory, MemberData(nameof(Files))]
    public void Ids_alone_are_those_of_the_encoding_with_added_tokens_too(string? name)
    {
        var parts = Load(name).Components;
        AddedToken[] added =
        [
            new("Ab") { Normalized = true }, new("é") { Normalized = true, LStrip = true }, new("ab") { SingleWord = true }, new("<x>") { RStrip = true }, new(" a") { Normalized = true, Special = true }, new("中") { LStrip = true, RStrip = true },
        ];
        var tokenizer = new Tokenizer(parts with { AddedTokens = [.. parts.AddedTokens, .. added] });
        Gen.Char["aAbB <x>É\u0301e.\n中"].Array[0, 30].Select(c => new string(c)).Sample(
            text => tokenizer.EncodeIds(text).Should().Equal(tokenizer.Encode(text, addSpecialTokens: false).Ids, text), iter: LongTests.Rounds(2_000, 100_000));
    }

    [Theory, MemberData(nameof(Files))]
    public void Decoding_in_a_stream_gives_the_whole_text_and_no_half_character(string? name)
    {
        var tokenizer = Load(name);
        Gen.Int[0, tokenizer.VocabSize + 3].List[0, 40].Sample(ids =>
        {
            var stream = new TokenStreamDecoder(tokenizer);
            var parts = ids.Select(stream.Append).ToList();
            foreach (var part in parts) System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(part)).Should().Be(part);
            (string.Concat(parts) + stream.Flush()).Should().Be(tokenizer.Decode(ids));
        }, iter: LongTests.Rounds(1_000, 100_000));
    }

    public static TheoryData<Decoder?> Decoders =>
    [
        new TheoryDataRow<Decoder?>(null), new ByteLevelDecoder(), new BpeDecoder(), new BpeDecoder("a"), new WordPieceDecoder(), new WordPieceDecoder("e", cleanup: false), new MetaspaceDecoder(),
        new MetaspaceDecoder(scheme: PrependScheme.Never), new CtcDecoder(), new FuseDecoder(), new StripDecoder("e", 1, 2), new ByteFallbackDecoder(),
        new DecoderSequence(new ReplaceDecoder(new StringPattern("e"), "▁"), new ByteFallbackDecoder(), new FuseDecoder(), new StripDecoder("▁", 1, 0)),
        new DecoderSequence(new BpeDecoder("e"), new MetaspaceDecoder("t"), new FuseDecoder()), new DecoderSequence(new BpeDecoder(), new ByteFallbackDecoder()),
        new DecoderSequence(new FuseDecoder(), new ReplaceDecoder(new StringPattern("t"), "")),
    ];

    [Theory, MemberData(nameof(Decoders))]
    public void Decoding_by_table_gives_what_the_decoders_give(Decoder? decoder)
    {
        string[] tokens = ["the", "##e", "e", "t</w>", "▁the", "▁", "a", " ", ".", "Ġ\u00C3", "©", "ä", "¸", "Ń", "中", "Ä", "<0xE2>", "<0x82>", "<0xAC>", "<0xFF>", "<0x41>", new('t', 40), "</s>", "Ã"];
        var tokenizer = new Tokenizer(new TokenizerComponents
        {
            AddedTokens = [new AddedToken("</s>") { Special = true }, new AddedToken("Ã") { Special = true }],
            Model = new WordLevelModel(tokens, "e"),
            Decoder = decoder,
        });
        Gen.Select(Gen.Int[-1, tokens.Length].List[0, 12], Gen.Bool).Sample((ids, skip) =>
        {
            var texts = ids.Where(id => id >= 0 && id < tokens.Length && !(skip && tokens[id] is ("</s>" or "Ã"))).Select(id => tokens[id]).ToList();
            tokenizer.Decode(ids, skip).Should().Be(decoder is null ? string.Join(' ', texts) : string.Concat(decoder.Decode(texts)));
            var stream = new TokenStreamDecoder(tokenizer, skip);
            (string.Concat(ids.Select(stream.Append)) + stream.Flush()).Should().Be(tokenizer.Decode(ids, skip), string.Join(' ', ids));
        }, iter: LongTests.Rounds(3_000, 300_000));
    }

    [Theory, MemberData(nameof(Files))]
    public async Task Batches_threads_and_streams_give_what_one_by_one_gives(string? name)
    {
        var tokenizer = Load(name);
        var lines = File.ReadLines(SharedFolder.Require("fixtures", "tokenizers", "corpus.txt")).Take(400).Select(l => l + "\n").ToList();
        var single = lines.Select(tokenizer.EncodeIds).ToList();
        var fresh = Load(name);
        fresh.EncodeIdsBatch(lines, threads: 4).Should().BeEquivalentTo(single, o => o.WithStrictOrdering());
        fresh.EncodeBatch(lines, addSpecialTokens: false, threads: 3).Select(e => string.Join(' ', e.Ids)).Should().Equal(single.Select(i => string.Join(' ', i)));
        var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(string.Concat(lines)));
        var streamed = new List<List<int>>();
        await foreach (var ids in fresh.EncodeIdsAsync(stream)) streamed.Add(ids);
        streamed.Should().BeEquivalentTo(single, o => o.WithStrictOrdering());
        fresh.DecodeBatch(single).Should().Equal(single.Select(i => tokenizer.Decode(i)));
    }

    [Theory, MemberData(nameof(Files))]
    public void Time_grows_with_the_text_and_not_faster(string? name)
    {
        var tokenizer = Load(name);
        var random = new Random(3);
        string[] texts =
        [
            new('a', 1 << 20), new(' ', 1 << 20), new('\u0301', 1 << 18), new('中', 1 << 18), new('\uD800', 1 << 18), new('<', 1 << 20), new('\n', 1 << 20),
            string.Create(LongTests.Rounds(1 << 20, 10_000_000), random, (span, r) => { foreach (ref var c in span) c = (char)r.Next('a', 'z' + 1); }),
        ];
        foreach (var text in texts)
        {
            var clock = Stopwatch.StartNew();
            tokenizer.EncodeIds(text);
            clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(LongTests.Rounds(20, 120)), $"of {text.Length} characters '{text[0]}'");
        }
    }

    [Fact]
    public void Merging_gives_what_the_definition_gives()
    {
        var tokens = Enumerable.Range(0, 4).Select(i => ((char)('a' + i)).ToString()).ToList();
        var ids = tokens.Select((t, i) => (t, i)).ToDictionary(t => t.t, t => t.i);
        var random = new Random(7);
        var pairs = new List<(int Left, int Right, int Token)>();
        for (var i = 0; i < 40; i++)
        {
            var (left, right) = (random.Next(tokens.Count), random.Next(tokens.Count));
            if (pairs.Any(p => p.Left == left && p.Right == right)) continue;
            var text = tokens[left] + tokens[right];
            if (ids.TryAdd(text, tokens.Count)) tokens.Add(text);
            pairs.Add((left, right, ids[text]));
        }
        var model = new BpeModel(tokens, [.. pairs.Select(p => (p.Left, p.Right))], new BpeModelOptions());
        var tokenizer = new Tokenizer(new TokenizerComponents { Model = model });
        Gen.Char['a', 'd'].Array[0, 200].Select(c => new string(c)).Sample(text =>
        {
            var expected = SlowBpe.Merge(text.Select(c => c - 'a'), pairs);
            tokenizer.EncodeIds(text).Should().Equal(expected);
            tokenizer.Encode(text).Ids.Should().Equal(expected);
        }, iter: LongTests.Rounds(1_000, 100_000));
    }

    [Fact]
    public void Unigram_finds_the_best_score()
    {
        var pieces = new Dictionary<string, double> { ["<unk>"] = 0, ["a"] = -1.1, ["b"] = -2.3, ["ab"] = -2.9, ["ba"] = -3.1, ["aab"] = -4.3, ["bb"] = -3.7, ["é"] = -5, ["éa"] = -5.5 };
        var tokenizer = new Tokenizer(new TokenizerComponents { Model = new UnigramModel([.. pieces.Select(p => (p.Key, p.Value))], 0) });
        var unknown = pieces.Values.Min() - 10;
        Gen.Char["abéc"].Array[0, 12].Select(c => new string(c)).Sample(text =>
        {
            var tokens = tokenizer.Encode(text).Tokens;
            string.Concat(tokens).Should().Be(text);
            tokens.Sum(t => pieces.TryGetValue(t, out var score) ? score : t.Length * unknown).Should().BeApproximately(SlowUnigram.BestScore(text, pieces, unknown), 1e-9);
        }, iter: LongTests.Rounds(1_000, 100_000));
    }
}
