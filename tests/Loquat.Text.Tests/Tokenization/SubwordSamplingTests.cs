using Loquat.Text.Tests.Tokenization.Models.SentencePiece;
using Loquat.Text.Tests.Reference;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.Models.Bpe;
using Loquat.Text.Tokenization.Models.SentencePiece;
using Loquat.Text.Tokenization.Models.Unigram;
using Loquat.Text.Tokenization.Models.WordLevel;
using Loquat.Text.Tokenization.PreTokenizers;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>What is drawn, against the probabilities of all that can be drawn.</summary>
public sealed class SubwordSamplingTests
{
    private const int Draws = 40_000;

    private static readonly Dictionary<string, double> _pieces = new() { ["a"] = -1.1, ["b"] = -2.3, ["ab"] = -2.9, ["ba"] = -3.1, ["aab"] = -4.3, ["bb"] = -3.7, ["é"] = -5, ["éa"] = -5.5 };
    private static readonly string[] _tokens = ["a", "b", "c", "ab", "ba", "abc", "aba", "cab", "aa", "z"];
    private static readonly (string Left, string Right)[] _merges = [("a", "b"), ("b", "a"), ("ab", "c"), ("ab", "a"), ("c", "ab"), ("a", "a"), ("a", "ba")];

    private static double Unknown => _pieces.Values.Min() - 10;

    private static Tokenizer Unigram(PreTokenizer? preTokenizer = null) => new(new TokenizerComponents
    {
        PreTokenizer = preTokenizer,
        // The unknown token may not count where the lowest score is looked for.
        Model = new UnigramModel([("<unk>", 0), .. _pieces.Select(p => (p.Key, p.Value))], 0),
    });

    private static Tokenizer Bpe() => new(new TokenizerComponents
    {
        Model = new BpeModel(_tokens, [.. _merges.Select(m => (Array.IndexOf(_tokens, m.Left), Array.IndexOf(_tokens, m.Right)))], new BpeModelOptions()),
    });

    private static Tokenizer SentencePiece(SentencePieceAlgorithm algorithm, params (string, float, PieceType)[] pieces) => new(new TokenizerComponents
    {
        Model = new SentencePieceTokenizerModel(ModelWriter.Write(algorithm, false, false, [("<unk>", 0, PieceType.Unknown), .. pieces]), "test"),
    });

    private static int? Rank(string left, string right) => Array.IndexOf(_merges, (left, right)) is >= 0 and var rank ? rank : null;

    private static string Cut(TokenEncoding encoding) => string.Join(' ', encoding.Tokens);

    private static Dictionary<string, double> Softmax(IEnumerable<(string Cut, double Score)> ways, double alpha)
    {
        var weights = ways.Select(w => (w.Cut, Weight: Math.Exp(alpha * w.Score))).ToList();
        var sum = weights.Sum(w => w.Weight);
        return weights.ToDictionary(w => w.Cut, w => w.Weight / sum);
    }

    [Theory]
    [InlineData("aabaab", 1)]
    [InlineData("abbaaab", 0.3)]
    [InlineData("aabbéab", 0)]
    [InlineData("abéabba", 2.5)]
    public void All_ways_are_drawn_as_often_as_their_scores_say(string text, double alpha)
    {
        var exact = Softmax(SlowUnigram.AllWays(text, _pieces, Unknown).Select(w => (string.Join(' ', w.Pieces), w.Score)), alpha);
        var random = new Random(1);
        Check(Unigram());
        Check(SentencePiece(SentencePieceAlgorithm.Unigram, [.. _pieces.Select(p => (p.Key, (float)p.Value, PieceType.Normal))]));

        void Check(Tokenizer tokenizer) => ChiSquare.Compare(exact, Draws, () => Cut(tokenizer.Sample(text, new SubwordSampling { Alpha = alpha }, random)));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(7, 0.5)]
    [InlineData(512, 0.2)]
    public void Of_the_best_each_is_drawn_as_often_as_its_score_says(int size, double alpha)
    {
        const string text = "abbaaab";
        var all = SlowUnigram.AllWays(text, _pieces, Unknown).OrderByDescending(w => w.Score).ToList();
        while (size < Math.Min(all.Count, SubwordSampling.MaxNbestSize) && all[size - 1].Score - all[size].Score < 1e-9) size++; // which of equals are among the best is free
        var exact = Softmax(all.Take(size).Select(w => (string.Join(' ', w.Pieces), w.Score)), alpha);
        var (tokenizer, random) = (Unigram(), new Random(2));
        ChiSquare.Compare(exact, Draws, () => Cut(tokenizer.Sample(text, new SubwordSampling { Alpha = alpha, NbestSize = size }, random)));
    }

    [Theory]
    [InlineData("abcabaab", 0.3)]
    [InlineData("cabcaaba", 0.1)]
    [InlineData("aabaacab", 0.8)]
    public void Merges_are_left_out_as_the_algorithm_says(string text, double dropout)
    {
        var exact = SlowBpeDropout.Distribution(text, Rank, dropout);
        var (tokenizer, random) = (Bpe(), new Random(3));
        var sampling = new SubwordSampling { Alpha = dropout };
        ChiSquare.Compare(exact, Draws, () => Cut(tokenizer.Sample(text, sampling, random)));
        // Behind many characters that merge with nothing: long words are cut in another way, and as likely.
        var padding = new string('z', 80);
        ChiSquare.Compare(exact, Draws / 4, () => Cut(tokenizer.Sample(padding + text, sampling, random)).Replace("z ", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("abcabaab", 0.3)]
    [InlineData("aabaacab", 0.8)]
    public void A_sentencepiece_model_leaves_out_as_sentencepiece_does(string text, double dropout)
    {
        // Rank by token, as scores are.
        int? Order(string left, string right) => Array.IndexOf(_tokens, left + right) is >= 3 and var token ? token : null;
        var exact = SlowBpeDropout.DistributionOnce(text, Order, dropout);
        var tokenizer = SentencePiece(SentencePieceAlgorithm.Bpe, [.. _tokens.Select((t, i) => (t, (float)-i, PieceType.Normal))]);
        var random = new Random(4);
        ChiSquare.Compare(exact, Draws, () => Cut(tokenizer.Sample(text, new SubwordSampling { Alpha = dropout }, random)));
    }

    [Fact]
    public void A_merge_without_dropout_is_a_merge_and_full_dropout_leaves_characters()
    {
        var (tokenizer, random) = (Bpe(), new Random(5));
        foreach (var length in new[] { 0, 1, 5, 64, 65, 300 })
        {
            var text = new string([.. Enumerable.Range(0, length).Select(_ => "abc"[random.Next(3)])]);
            tokenizer.SampleIds(text, new SubwordSampling { Alpha = 0 }, random).Should().Equal(tokenizer.EncodeIds(text));
            // So little that it does not happen: the way of dropout, with the result of none.
            tokenizer.SampleIds(text, new SubwordSampling { Alpha = 1e-300 }, random).Should().Equal(tokenizer.EncodeIds(text));
            tokenizer.Sample(text, new SubwordSampling { Alpha = 1 }, random).Tokens.Should().Equal(text.Select(c => c.ToString()));
        }
    }

    [Fact]
    public void The_models_own_dropout_is_not_asked()
    {
        var model = new BpeModel(_tokens, [.. _merges.Select(m => (Array.IndexOf(_tokens, m.Left), Array.IndexOf(_tokens, m.Right)))], new BpeModelOptions { Dropout = 1, IgnoreMerges = true });
        var tokenizer = new Tokenizer(new TokenizerComponents { Model = model });
        tokenizer.Encode("abcab").Tokens.Should().Equal("a", "b", "c", "a", "b");
        tokenizer.Sample("abcab", new SubwordSampling { Alpha = 0 }, new Random(6)).Tokens.Should().Equal(Bpe().Encode("abcab").Tokens);
    }

    [Fact]
    public void Words_are_drawn_one_by_one_and_the_best_texts_are_of_the_best_words()
    {
        var tokenizer = Unigram(new WhitespaceSplitPreTokenizer());
        var words = "aab abb aba".Split(' ').Select(w => SlowUnigram.AllWays(w, _pieces, Unknown).ToList()).ToArray();
        var all = words[0].SelectMany(x => words[1].SelectMany(y => words[2].Select(z => (Cut: string.Join(' ', (string[])[.. x.Pieces, .. y.Pieces, .. z.Pieces]), Score: x.Score + y.Score + z.Score))))
            .OrderByDescending(w => w.Score).ToList();
        var found = tokenizer.EncodeNbest("aab abb aba", SubwordSampling.MaxNbestSize);
        found.Select(f => f.Score).Zip(all.Select(a => a.Score)).Should().AllSatisfy(p => p.First.Should().BeApproximately(p.Second, 1e-9));
        found.Select(f => Cut(f.Encoding)).Should().BeEquivalentTo(all.Select(a => a.Cut));
        tokenizer.EncodeNbest("aab abb aba", 5).Select(f => f.Score).Should().Equal(found.Take(5).Select(f => f.Score));
        var random = new Random(7);
        ChiSquare.Compare(Softmax(all, 0.4), Draws, () => Cut(tokenizer.Sample("aab abb aba", new SubwordSampling { Alpha = 0.4 }, random)));
    }

    [Theory]
    [InlineData("", 3)]
    [InlineData("aab", 1)]
    [InlineData("aabbabaabb", 512)]
    [InlineData("ébéaaabba", 20)]
    [InlineData("aaaaaaab", 5)]
    public void The_best_are_those_of_all_in_order(string text, int size)
    {
        var all = SlowUnigram.AllWays(text, _pieces, Unknown).OrderByDescending(w => w.Score).ToList();
        Check(Unigram(), 1e-9);
        Check(SentencePiece(SentencePieceAlgorithm.Unigram, [.. _pieces.Select(p => (p.Key, (float)p.Value, PieceType.Normal))]), 1e-5);

        void Check(Tokenizer tokenizer, double tolerance)
        {
            var found = tokenizer.EncodeNbest(text, size);
            found.Count.Should().Be(Math.Min(size, all.Count));
            found.Select(f => Cut(f.Encoding)).Should().OnlyHaveUniqueItems();
            for (var i = 0; i < found.Count; i++)
            {
                found[i].Score.Should().BeApproximately(all[i].Score, tolerance);
                found[i].Score.Should().BeApproximately(found[i].Encoding.Tokens.Sum(t => _pieces[t]), tolerance);
            }
            found[0].Encoding.Ids.Should().Equal(tokenizer.Encode(text).Ids);
        }
    }

    [Fact]
    public void Unknown_and_unused_pieces_are_as_in_encoding()
    {
        var tokenizer = SentencePiece(SentencePieceAlgorithm.Unigram, ("a", -1, PieceType.Normal), ("b", -1, PieceType.Normal), ("ab", 0, PieceType.Unused), ("<u>", 0, PieceType.UserDefined));
        tokenizer.EncodeNbest("abxyab", 10).Select(f => Cut(f.Encoding)).Should().Equal("a b xy a b");
        Cut(tokenizer.Sample("abxyab", new SubwordSampling { Alpha = 0 }, new Random(8))).Should().Be("a b xy a b");
        tokenizer.EncodeNbest("a<u>b", 1).Single().Encoding.Tokens.Should().Contain("<u>");
        var strict = new Tokenizer(new TokenizerComponents { Model = new UnigramModel([("a", -1)], null) });
        var sample = () => strict.SampleIds("ax", new SubwordSampling(), new Random(9));
        sample.Should().Throw<DataException>().WithMessage("*unk_id is null*");
    }

    [Fact]
    public void What_cannot_be_sampled_is_told()
    {
        var words = new Tokenizer(new TokenizerComponents { Model = new WordLevelModel(["a"], "a") });
        var (unigram, bpe) = (Unigram(), Bpe());
        Fails(() => words.SampleIds("a", new(), new Random(1)), "*WordLevel*one way only*Unigram, BPE*");
        Fails(() => words.Sample("a", new() { NbestSize = 0 }, new Random(1)), "*WordLevel*");
        Fails(() => SentencePiece(SentencePieceAlgorithm.Word, ("a", 0, PieceType.Normal)).SampleIds("a", new(), new Random(1)), "*SentencePiece*one way only*");
        Fails(() => words.EncodeNbest("a", 2), "*WordLevel*no list of the best*");
        Fails(() => bpe.EncodeNbest("a", 2), "*BPE*no list of the best*");
        Fails(() => unigram.EncodeNbest("a", 0), "*nbest_size is 0; 1 to 512*");
        Fails(() => unigram.SampleIds("a", new() { Alpha = -1, NbestSize = 513 }, new Random(1)), "*alpha is -1*nbest_size is 513*");
        Fails(() => unigram.SampleIds("a", new() { Alpha = double.NaN }, new Random(1)), "*alpha is NaN*");
        Fails(() => bpe.SampleIds("a", new() { Alpha = 1.5 }, new Random(1)), "*alpha is 1.5*probability*0 to 1*");
        Fails(() => bpe.SampleIds("a", new() { NbestSize = 64 }, new Random(1)), "*nbest_size is 64*use -1*");

        static void Fails(Action action, string message) => action.Should().Throw<OptionsException>().WithMessage(message);
    }
}
