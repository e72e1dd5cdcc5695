using System.Text.Json;
using CsCheck;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Repair;

namespace Loquat.Corpus.Tests.Preprocessing.Repair;

public sealed class TextRepairTests
{
    private const double EqualShare = 0.99;

    private static readonly TextRepair _repair = new();

    private static string Input(JsonElement c) => c.TryGetProperty("input", out var input)
        ? input.GetString()!
        : new string([.. c.GetProperty("input_utf16").EnumerateArray().Select(u => (char)u.GetInt32())]);

    [Fact]
    public void Comes_to_the_reference_s_text_in_every_kind()
    {
        var groups = TextFixture.Load("ftfy.json").Cases.GroupBy(c => c.GetProperty("kind").GetString()!).ToList();
        Assert.NotEmpty(groups);
        foreach (var group in groups)
        {
            var wrong = group.Where(c => _repair.Apply(Input(c)) != c.GetProperty("expected").GetString()).Select(c => $"{TextFixture.Show(Input(c))}\n  expected {TextFixture.Show(c.GetProperty("expected").GetString())}\n  actual   {TextFixture.Show(_repair.Apply(Input(c)))}").ToList();
            Assert.True(wrong.Count <= (1 - EqualShare) * group.Count(), $"{group.Key}: {wrong.Count} of {group.Count()}:\n{string.Join('\n', wrong.Take(5))}");
        }
    }

    [Fact]
    public void Neighbors_tell_mojibake_by_their_kinds_as_by_every_rule() =>
        Gen.Char["aZ _9.°ŒœÂÃÎÐ×ØÙà√≈‚вВГРСўЂβΒΓΞΟā€²³\u00a0\u00ad»”“‘¡¿½™¦ªº¶§¢Öø¤Éêß║Őж\ufffd\uf8ff\ufb01中"].Array[0, 12].Select(c => new string(c)).Sample(
            text => MojibakeClues.IsBad(text) == Enumerable.Range(0, text.Length).Any(i => MojibakeClues.KindOf(text[i]) is not ClueKinds.None and var kind && MojibakeClues.IsBadAt(text, i, kind)), iter: 20_000);

    [Fact]
    public void Leaves_clean_text_alone() => TextFixture.AllEqual(TextFixture.Load("ftfy.json").Cases.Where(c => c.GetProperty("kind").GetString() == "clean")
        .Select((c, i) => ($"{i}", (string?)Input(c), (string?)_repair.ApplyToEncoding(Input(c)))));

    [Fact]
    public void Restores_at_least_what_the_reference_restores()
    {
        var fixture = TextFixture.Load("ftfy.json");
        foreach (var rate in fixture["restored"].EnumerateObject())
        {
            var needed = int.Parse(rate.Value.GetString()!.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            var restored = fixture.Cases.Count(c => c.GetProperty("kind").GetString() == rate.Name && c.TryGetProperty("original", out var original)
                && new TextRepair(TextRepairOptions.EncodingOnly).Apply(Input(c)) == original.GetString() | _repair.Apply(Input(c)) == original.GetString());
            Assert.True(restored >= needed, $"{rate.Name}: {restored} restored, {rate.Value.GetString()} by the reference");
        }
    }

    [Fact]
    public void Does_each_option_as_the_reference_does()
    {
        var fixture = TextFixture.Load("ftfy.json");
        var comparisons = new List<(string, string?, string?)>();
        foreach (var (c, i) in fixture.Cases.Select((c, i) => (c, i)))
            foreach (var set in new[] { "without", "only" })
                if (c.TryGetProperty(set, out var outputs))
                    foreach (var output in outputs.EnumerateObject())
                        comparisons.Add(($"{i} {set} {output.Name}: {TextFixture.Show(Input(c))}", output.Value.GetString(),
                            new TextRepair(Options(fixture["option_sets"].GetProperty(set).GetProperty(output.Name))).Apply(Input(c))));
        TextFixture.AllEqual(comparisons);
    }

    [Fact]
    public void Says_what_it_did_as_the_reference_says()
    {
        TextFixture.AllEqual(TextFixture.Load("ftfy.json").Cases.Where(c => c.TryGetProperty("steps", out _)).Select((c, i) => (
            $"{i} {TextFixture.Show(Input(c))}",
            (string?)string.Join(", ", c.GetProperty("steps").EnumerateArray().Select(s => $"{s[0].GetString()} {s[1].GetString()}")),
            (string?)string.Join(", ", _repair.Explain(Input(c)).Steps.Select(s => $"{s.Operation} {s.With}")))));
    }

    private static TextRepairOptions Options(JsonElement set)
    {
        var options = new TextRepairOptions();
        foreach (var option in set.EnumerateObject())
        {
            var on = option.Value.ValueKind == JsonValueKind.True;
            options = option.Name switch
            {
                "unescape_html" => options with { UnescapeHtml = option.Value.ValueKind == JsonValueKind.String ? EntityDecoding.Auto : on ? EntityDecoding.Always : EntityDecoding.Never },
                "remove_terminal_escapes" => options with { RemoveTerminalEscapes = on },
                "fix_encoding" => options with { FixEncoding = on },
                "restore_byte_a0" => options with { RestoreByteA0 = on },
                "replace_lossy_sequences" => options with { ReplaceLossySequences = on },
                "decode_inconsistent_utf8" => options with { DecodeInconsistentUtf8 = on },
                "fix_c1_controls" => options with { FixC1Controls = on },
                "fix_latin_ligatures" => options with { FixLatinLigatures = on },
                "fix_character_width" => options with { FixCharacterWidth = on },
                "uncurl_quotes" => options with { UncurlQuotes = on },
                "fix_line_breaks" => options with { FixLineBreaks = on },
                "fix_surrogates" => options with { FixSurrogates = on },
                "remove_control_chars" => options with { RemoveControlCharacters = on },
                "normalization" => options with { Normalization = option.Value.GetString() is { } form ? NormalForm.Find(form) : null },
                _ => throw new InvalidOperationException($"an option that is not known: {option.Name}"),
            };
        }
        return options;
    }

    // What repair is made of: letters of every encoding's upper half, spaces, question marks, entities, controls.
    private static readonly Gen<string> _text = Gen.OneOf(
        Gen.Char['\u0080', '\u0180'], Gen.Char[' ', '~'], Gen.OneOf([.. new[] { '€', '™', 'œ', 'Ÿ', '\ufffd', '\u201c', 'в', 'Ђ', '\x1b', '\n', '\r', '\ud83d', '\ude00', '&', ';', '#' }.Select(Gen.Const)]), Gen.Char['\u0400', '\u0460'])
        .Array[0, 40].Select(c => new string(c));

    [Fact]
    public void Never_fails_and_says_the_same_twice() => _text.Sample(text => _repair.Apply(text) == new TextRepair().Apply(text));

    [Fact]
    public void Gives_plain_text_back_as_the_same_object()
    {
        var text = "A plain line.\nAnother one, with a tab\tand (brackets).\n";
        Assert.Same(text, _repair.Apply(text));
    }
}
