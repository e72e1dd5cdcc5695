using CsCheck;
using Loquat.Models;
using Loquat.Objectives;
using Loquat.Runs;

namespace Loquat.Tests.Objectives;

/// <summary>What holds for every objective that is known, whichever they are.</summary>
public sealed class ObjectiveLawTests
{
    public static TheoryData<string> Types => [.. KnownObjectives.Types.Where(type => !KnownObjectives.Find(type)!.IsTask)];

    [Theory, MemberData(nameof(Types))]
    public void A_sequence_is_a_function_of_its_tokens_the_seed_and_its_place(string type)
    {
        var setting = Tokens.Setting(48);
        var objective = KnownObjectives.Find(type)!.Create(setting);
        Gen.Select(Gen.Int[1, 4], Gen.Long[0, 1 << 20], Gen.Int[0, 1000]).Sample((rows, place, shift) =>
        {
            var text = Enumerable.Range(0, rows * objective.TextTokens).Select(i => (long)((i * 13 + shift) % Tokens.Ordinary)).ToArray();
            var next = text.Select(id => (id + 1) % Tokens.Ordinary).ToArray();
            var whole = objective.Make(text, next, place);
            Same(objective.Make(text, next, place), whole).Should().BeTrue("of the same call");
            // One by one, from another instance, in another order: the same rows.
            var again = KnownObjectives.Find(type)!.Create(Tokens.Setting(48));
            for (var row = rows - 1; row >= 0; row--)
            {
                var (from, length) = (row * objective.TextTokens, objective.TextTokens);
                var alone = again.Make(text.AsSpan(from, length), next.AsSpan(from, length), place + row);
                Ids(alone.InputIds, alone.AttentionMask, 0, alone.Length).Should().Equal(Ids(whole.InputIds, whole.AttentionMask, row * whole.Length, whole.Length));
                Counted(alone.Labels, 0, 1).Should().Equal(Counted(whole.Labels, row, rows));
            }
        }, iter: 40);
    }

    [Theory, MemberData(nameof(Types))]
    public void Every_row_has_a_label_that_counts_and_the_lengths_of_the_model(string type)
    {
        var objective = KnownObjectives.Find(type)!.Create(Tokens.Setting(48));
        var text = Enumerable.Range(0, 64 * objective.TextTokens).Select(i => (long)(i * 5 % Tokens.Ordinary)).ToArray();
        for (var place = 0; place < 640; place += 64)
        {
            var batch = objective.Make(text, text, place);
            batch.Length.Should().BeLessThanOrEqualTo(48);
            batch.DecoderLength.Should().BeLessThanOrEqualTo(48);
            for (var row = 0; row < batch.Rows; row++) Counted(batch.Labels, row, batch.Rows).Should().NotBeEmpty();
            objective.Weight(batch).Should().Be(batch.Counted);
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void What_was_read_and_what_is_to_be_found_hold_the_text(string type)
    {
        var objective = KnownObjectives.Find(type)!.Create(Tokens.Setting(48));
        var text = Enumerable.Range(0, 8 * objective.TextTokens).Select(i => (long)(i * 7 % Tokens.Ordinary)).ToArray();
        var batch = objective.Make(text, text, 3);
        // One that reads a part of its text leaves the rest out.
        if (objective.TextTokens > batch.Length + batch.DecoderLength) return;
        for (var row = 0; row < batch.Rows; row++)
        {
            var found = Counted(batch.Labels, row, batch.Rows).Concat(Ids(batch.InputIds, batch.AttentionMask, row * batch.Length, batch.Length)).Where(id => id < Tokens.Ordinary).ToHashSet();
            text.AsSpan(row * objective.TextTokens, objective.TextTokens).ToArray().Distinct().Should().BeSubsetOf(found);
        }
    }

    [Theory, MemberData(nameof(Types))]
    public void A_context_too_short_or_a_tokenizer_without_its_tokens_is_refused(string type)
    {
        var options = KnownObjectives.Find(type)!;
        if (options.SpecialTokens.Count == 0) return;
        var plain = Text.Tokenization.CharacterTokenizer.Train(["abc"]);
        var act = () => options.Create(new(plain, Tokens.Setting(8).Model, 48, 1));
        act.Should().Throw<OptionsException>().WithMessage("*tokenizer has no*");
        var small = () => options.Create(Tokens.Setting(1));
        small.Should().Throw<OptionsException>().WithMessage("*context_length is 1*");
    }

    [Theory, MemberData(nameof(Types))]
    public void A_batch_is_shown_token_by_token(string type)
    {
        var setting = Tokens.Setting(48);
        var objective = KnownObjectives.Find(type)!.Create(setting);
        var text = Enumerable.Range(0, 2 * objective.TextTokens).Select(i => (long)(i % Tokens.Ordinary)).ToArray();
        var lines = BatchPreview.Lines(objective.Make(text, text, 0), setting.Tokenizer, width: 100, tokens: 30).ToList();
        lines.Should().Contain(line => line.StartsWith("row 1:", StringComparison.Ordinal)).And.Contain(line => line.StartsWith("  predicts", StringComparison.Ordinal));
        lines.Max(line => line.Length).Should().BeLessThanOrEqualTo(100);
    }

    private static IEnumerable<long> Ids(long[] ids, long[]? mask, int from, int length) => Enumerable.Range(from, length).Where(i => mask?[i] != 0).Select(i => ids[i]);

    private static IEnumerable<long> Counted(long[] labels, int row, int rows) => labels.AsSpan(row * labels.Length / rows, labels.Length / rows).ToArray().Where(label => label != ModelBatch.Ignored);

    private static bool Same(TokenBatch a, TokenBatch b) => a.InputIds.SequenceEqual(b.InputIds) && a.Labels.SequenceEqual(b.Labels);
}
