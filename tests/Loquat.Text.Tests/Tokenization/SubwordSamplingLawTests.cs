using System.Diagnostics;
using CsCheck;
using Loquat.Tests;
using Loquat.Text.Tokenization;
using Loquat.Text.Tokenization.Models;

namespace Loquat.Text.Tests.Tokenization;

/// <summary>What holds for every tokenizer of the shared folder that can be sampled from, and every text.</summary>
public sealed class SubwordSamplingLawTests
{
    private static readonly Gen<string> _text = Gen.Frequency(
        (6, Gen.Char[' ', '~']), (2, Gen.Char["\t\n\r '.,0▁<>éÉßİſ"]), (2, Gen.Char['\u0080', '\uFFFF'])).Array[0, 60].Select(c => new string(c));

    public static TheoryData<string?> All => [.. Names(_ => true)];

    public static TheoryData<string?> WithNbest => [.. Names(t => t.Model.Sampling == SamplingMethod.Lattice)];

    private static List<string?> Names(Func<Tokenizer, bool> wanted)
    {
        IEnumerable<string> models = SharedFolder.Root is { } root && Path.Combine(root, "fixtures", "tokenizers", "sentencepiece") is var folder && Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.model").Select(f => "sentencepiece/" + Path.GetFileName(f)).Order(StringComparer.Ordinal) : [];
        var found = SharedFolder.FoldersWith("tokenizer.json", "fixtures", "tokenizers").OfType<string>().Concat(models)
            .Select(name => (string?)name).Where(name => Load(name) is var tokenizer && tokenizer.Model.Sampling != SamplingMethod.None && wanted(tokenizer)).ToList();
        return found.Count > 0 ? found : [null];
    }

    private static Tokenizer Load(string? name) => Tokenizer.Load(SharedFolder.Require("fixtures", "tokenizers", name ?? "a tokenizer that can be sampled from"));

    private static List<SubwordSampling> Samplings(Tokenizer tokenizer) => tokenizer.Model.Sampling == SamplingMethod.Lattice
        ? [new(), new() { Alpha = 0 }, new() { Alpha = 1 }, new() { NbestSize = 8 }]
        : [new(), new() { Alpha = 0.7 }, new() { Alpha = 1 }];

    private static List<string> Lines() => [.. File.ReadLines(SharedFolder.Require("fixtures", "tokenizers", "corpus.txt")).Take(150)];

    [Theory, MemberData(nameof(All))]
    public void A_sample_is_the_same_text(string? name)
    {
        var tokenizer = Load(name);
        var (different, random) = (0, new Random(1));
        foreach (var line in Lines())
        {
            var plain = tokenizer.EncodeIds(line);
            foreach (var sampling in Samplings(tokenizer))
            {
                var sampled = tokenizer.SampleIds(line, sampling, random);
                tokenizer.Decode(sampled).Should().Be(tokenizer.Decode(plain));
                if (!sampled.SequenceEqual(plain)) different++;
            }
            tokenizer.EncodeIds(line).Should().Equal(plain, "sampling may leave nothing in the caches");
        }
        different.Should().BeGreaterThan(150);
    }

    [Theory, MemberData(nameof(All))]
    public void The_same_seed_gives_the_same_ids_alone_and_in_an_encoding_on_any_thread(string? name)
    {
        var tokenizer = Load(name);
        _text.Sample(text =>
        {
            foreach (var sampling in Samplings(tokenizer))
            {
                var ids = tokenizer.SampleIds(text, sampling, new Random(3));
                var encoding = tokenizer.Sample(text, sampling, new Random(3), addSpecialTokens: false);
                encoding.Ids.Should().Equal(ids);
                foreach (var place in encoding.Utf16Offsets) (place.Start >= 0 && place.Start <= place.End && place.End <= text.Length).Should().BeTrue();
            }
            tokenizer.SampleIds(text, new() { NbestSize = 1 }, new Random(3)).Should().Equal(tokenizer.EncodeIds(text));
        }, iter: LongTests.Rounds(100, 10_000));
        var lines = Lines();
        var one = lines.Select((line, i) => tokenizer.SampleIds(line, new(), SubwordSampling.RandomFor(5, i))).ToList();
        var many = lines.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select((line, i) => tokenizer.SampleIds(line, new(), SubwordSampling.RandomFor(5, i))).ToList();
        many.Should().BeEquivalentTo(one, o => o.WithStrictOrdering());
        lines.Select((line, i) => tokenizer.SampleIds(line, new(), SubwordSampling.RandomFor(6, i))).Where((ids, i) => !ids.SequenceEqual(one[i])).Should().NotBeEmpty();
    }

    [Theory, MemberData(nameof(All))]
    public void Special_tokens_and_added_tokens_are_not_left_to_chance(string? name)
    {
        var tokenizer = Load(name);
        var text = string.Concat(tokenizer.AddedTokens.Select(t => t.Token.Content + " some words "));
        var (plain, sampled) = (tokenizer.Encode(text), tokenizer.Sample(text, new(), new Random(2)));
        List<int> added = [.. tokenizer.AddedTokens.Select(t => t.Id)];
        sampled.Ids.Where(added.Contains).Should().Equal(plain.Ids.Where(added.Contains));
        sampled.SpecialTokensMask.Sum().Should().Be(plain.SpecialTokensMask.Sum());
    }

    [Theory, MemberData(nameof(WithNbest))]
    public void The_best_comes_first_and_a_large_alpha_draws_it(string? name)
    {
        var tokenizer = Load(name);
        foreach (var line in Lines())
        {
            var best = tokenizer.EncodeNbest(line, 30, addSpecialTokens: false);
            best.Select(b => b.Score).Should().BeInDescendingOrder();
            best.Select(b => string.Join(' ', b.Encoding.Ids)).Should().OnlyHaveUniqueItems();
            if (best.Count > 1 && best[0].Score - best[1].Score < 1e-3) continue; // a tie, but for rounding
            best[0].Encoding.Ids.Should().Equal(tokenizer.EncodeIds(line));
            foreach (var size in new[] { -1, 30 }) tokenizer.SampleIds(line, new() { Alpha = 1e5, NbestSize = size }, new Random(1)).Should().Equal(best[0].Encoding.Ids);
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Time_grows_with_the_text_and_not_faster(string? name)
    {
        var tokenizer = Load(name);
        var random = new Random(3);
        string[] texts = [new('a', 1 << 20), new(' ', 1 << 20), new('中', 1 << 18), new('\uD800', 1 << 18), string.Create(1 << 20, random, (span, r) => { foreach (ref var c in span) c = (char)r.Next('a', 'z' + 1); })];
        SubwordSampling[] samplings = tokenizer.Model.Sampling == SamplingMethod.Lattice
            ? [new(), new() { Alpha = 0 }, new() { NbestSize = SubwordSampling.MaxNbestSize }]
            : [new(), new() { Alpha = 0.99 }, new() { Alpha = 0.999999 }];
        foreach (var text in texts)
            foreach (var sampling in samplings)
            {
                var clock = Stopwatch.StartNew();
                tokenizer.SampleIds(text, sampling, random);
                clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(20), $"of {text.Length} characters '{text[0]}' with {sampling}");
                TestContext.Current.SendDiagnosticMessage($"{name}: '{text[0]}' {sampling}: {clock.Elapsed.TotalSeconds:F2} s");
            }
    }
}
