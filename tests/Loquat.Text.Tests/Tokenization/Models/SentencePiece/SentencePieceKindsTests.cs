using System.Text;
using Loquat.Tests;
using Loquat.Text.Tokenization.Models.SentencePiece;

namespace Loquat.Text.Tests.Tokenization.Models.SentencePiece;

public sealed class SentencePieceKindsTests
{
    private const PieceType Normal = PieceType.Normal;

    private static SentencePieceTokenizer Make(SentencePieceAlgorithm algorithm, bool dummy, bool remove, params (string, float, PieceType)[] pieces) =>
        new(SentencePieceModel.Read(ModelWriter.Write(algorithm, dummy, remove, [("<unk>", 0, PieceType.Unknown), .. pieces]), "test"));

    private static string Cut(SentencePieceTokenizer tokenizer, string text) => string.Join('|', tokenizer.Encode(text).Select(p => p.Id == 0 ? $"?{p.Piece}" : p.Piece));

    [Fact]
    public void Words_are_pieces_or_unknown() =>
        Cut(Make(SentencePieceAlgorithm.Word, true, true, ("▁a", 0, Normal), ("▁bc", 0, Normal)), "a bc  d a").Should().Be("▁a|▁bc|?▁d|▁a");

    [Fact]
    public void Characters_are_pieces_or_unknown() =>
        Cut(Make(SentencePieceAlgorithm.Character, false, false, ("▁", 0, Normal), ("é", 0, Normal), ("<s>", 0, PieceType.UserDefined)), "é <s>xyé").Should().Be("é|▁|<s>|?xy|é");

    [Fact]
    public void The_best_scores_join_first_and_the_leftmost_of_equals() =>
        Cut(Make(SentencePieceAlgorithm.Bpe, false, false, ("a", -9, Normal), ("b", -9, Normal), ("ab", -1, Normal), ("aa", 0, Normal), ("aaa", -2, Normal)), "aaaab").Should().Be("aa|aa|b");

    [Fact]
    public void An_unused_piece_is_taken_apart_again()
    {
        Cut(Make(SentencePieceAlgorithm.Bpe, false, false, ("a", -9, Normal), ("b", -9, Normal), ("ab", -1, PieceType.Unused), ("abb", -2, Normal)), "abab b abb").Should().Be("a|b|a|b|?▁|b|?▁|abb");
        Cut(Make(SentencePieceAlgorithm.Unigram, false, false, ("a", -1, Normal), ("b", -1, Normal), ("ab", 0, PieceType.Unused)), "ab").Should().Be("a|b");
    }

    [Fact]
    public void User_defined_pieces_are_always_taken_and_never_changed()
    {
        foreach (var algorithm in new[] { SentencePieceAlgorithm.Unigram, SentencePieceAlgorithm.Bpe })
            Cut(Make(algorithm, true, true, ("▁", -1, Normal), ("x", -1, Normal), ("<a b>", -1, PieceType.UserDefined), ("xx", 0, Normal)), " xx<a b>x").Should().Contain("<");
        Cut(Make(SentencePieceAlgorithm.Bpe, false, true, ("x", -1, Normal), ("<x>", 0, PieceType.UserDefined), ("x<", 5, Normal)), "x<x>x").Should().Be("x|<x>|x");
    }

    [Fact]
    public void Offsets_are_bytes_of_the_text()
    {
        var tokenizer = Make(SentencePieceAlgorithm.Character, true, true, ("▁", 0, Normal), ("é", 0, Normal), ("b", 0, Normal));
        tokenizer.Encode("  é  b ").Select(p => (p.Piece, p.Start, p.End)).Should().Equal(("▁", 2, 2), ("é", 2, 4), ("▁", 4, 6), ("b", 6, 7));
    }

    [Theory]
    [InlineData("", "*no pieces*")]
    [InlineData("0aff", "*byte 2: the file ends inside an integer*")]
    [InlineData("0a03", "*byte *a field claims 3 bytes and 0 are left*")]
    [InlineData("0a020a00", "*piece 0 is empty*")]
    [InlineData("0a030a01ff", "*piece 0 is not valid UTF-8*")]
    [InlineData("0a030a0161", "*expected exactly one unknown piece, found 0*")]
    [InlineData("07", "*")]
    public void A_damaged_file_is_named_with_the_place(string hex, string message)
    {
        var read = () => SentencePieceModel.Read(Convert.FromHexString(hex), "x.model");
        read.Should().Throw<DataException>().WithMessage("x.model" + message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error()
    {
        var load = () => SentencePieceTokenizer.Load("no-such.model");
        load.Should().Throw<DataException>().WithMessage("no-such.model: *");
    }

    [Fact]
    public void Time_grows_with_the_text_and_not_faster()
    {
        foreach (var algorithm in Enum.GetValues<SentencePieceAlgorithm>())
        {
            var tokenizer = Make(algorithm, true, true, ("▁", -1, Normal), ("a", -1, Normal), ("aa", -1.5f, Normal), ("aaaaaaaa", -3, Normal));
            var clock = System.Diagnostics.Stopwatch.StartNew();
            tokenizer.EncodeIds(new string('a', 1 << 20)).Should().NotBeEmpty();
            tokenizer.EncodeIds(new string(' ', 1 << 20)).Count.Should().BeLessThan(3);
            tokenizer.EncodeIds(new string('\ud800', 1 << 18)).Should().NotBeEmpty();
            clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20));
        }
    }

    [Fact]
    public void Mutated_models_work_or_fail_with_a_data_error()
    {
        var sources = new List<byte[]>
        {
            ModelWriter.Write(SentencePieceAlgorithm.Unigram, true, true, ("<unk>", 0, PieceType.Unknown), ("▁", -2, Normal), ("a", -1, Normal), ("ab", -1, Normal), ("<s>", 0, PieceType.UserDefined)),
            ModelWriter.Write(SentencePieceAlgorithm.Bpe, true, true, ("<unk>", 0, PieceType.Unknown), ("▁", -2, Normal), ("a", -1, Normal), ("▁a", -1, PieceType.Unused)),
        };
        if (SharedFolder.Root is { } root && Path.Combine(root, "fixtures", "tokenizers", "sentencepiece") is var folder && Directory.Exists(folder))
            sources.AddRange(Directory.EnumerateFiles(folder, "*.model").Select(File.ReadAllBytes));
        var random = new Random(11);
        for (var round = 0; round < LongTests.Rounds(10_000, 1_000_000); round++)
        {
            // Most rounds on small files: a large one takes a millisecond and more to prepare.
            var source = sources[round % 50 == 0 ? random.Next(sources.Count) : random.Next(2)];
            var bytes = source.ToList();
            for (var edits = random.Next(1, 6); edits > 0; edits--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                    case 2 when bytes.Count > 4: bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at - 1)); break;
                    default: bytes.Insert(at, (byte)random.Next(256)); break;
                }
            }
            try
            {
                var tokenizer = new SentencePieceTokenizer(SentencePieceModel.Read([.. bytes], "mutated"));
                var ids = tokenizer.EncodeIds("a ab\u0301 <s>\ud83d\ude42 \ud800 ﬁ\0 ab");
                tokenizer.Encode("ab a\u3000\uac00");
                tokenizer.Decode([.. ids]);
            }
            catch (DataException) { }
            catch (Exception error)
            {
                Assert.Fail($"round {round}: {error}\n{Convert.ToHexString([.. bytes.Take(300)])}");
            }
        }
    }

    [Fact]
    public void Threads_and_repetition_change_nothing()
    {
        var folder = SharedFolder.Require("fixtures", "tokenizers", "sentencepiece");
        foreach (var file in Directory.EnumerateFiles(folder, "*.model"))
        {
            var tokenizer = SentencePieceTokenizer.Load(file);
            var random = new Random(5);
            var words = Enumerable.Range(0, 300).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => "etaoin-0é=."[random.Next(11)]))).ToArray();
            var texts = Enumerable.Range(0, 300).Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(1, 200)).Select(_ => words[random.Next(300)]))).ToArray();
            // A fresh tokenizer has an empty cache: each text cut alone must agree with the shared one.
            var model = SentencePieceModel.Load(file);
            var shared = texts.AsParallel().AsOrdered().Select(t => tokenizer.EncodeIds(t)).ToArray();
            for (var i = 0; i < texts.Length; i += 30)
                new SentencePieceTokenizer(model).EncodeIds(texts[i]).Should().Equal(shared[i]);
        }
    }
}
