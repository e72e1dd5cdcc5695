using System.Globalization;
using System.Text;
using Loquat.Corpus.Preprocessing.Characters;
using Loquat.Corpus.Preprocessing.Segmentation;

namespace Loquat.Corpus.Preprocessing.Steps;

/// <summary>Sentences a line each; documents in windows.</summary>
internal static class SegmentationSteps
{
    public static DocumentStep Sentences(string name, string? language) => new(name, document =>
    {
        var (text, lines) = (document.Text, new StringBuilder(document.Text.Length));
        foreach (var paragraph in Paragraphs.Of(text))
        {
            if (lines.Length > 0) lines.Append('\n');
            foreach (var sentence in Segmentation.Sentences.Of(paragraph.Of(text), language ?? document.Language)) lines.Append(sentence.Of(paragraph.Of(text))).Append('\n');
        }
        return StepResult.Changed(document, lines.ToString().TrimEnd('\n'));
    });

    /// <exception cref="OptionsException">The overlap is not below the size, or units are asked for that are not known.</exception>
    public static DocumentStep Windows(string name, int size, int overlap, bool dropLast, string? keep, string? language)
    {
        if (overlap >= size) throw new OptionsException($"step {name}: overlap is {overlap}; it must be below the size, {size}.");
        if (keep is not (null or "sentences" or "paragraphs")) throw new OptionsException($"step {name}: keep is '{keep}'; it must be sentences or paragraphs.");
        if (keep is not null && (overlap > 0 || dropLast)) throw new OptionsException($"step {name}: windows of whole {keep} do not overlap, and none is dropped; leave out overlap and drop_last.");
        return new(name, document =>
        {
            var text = document.Text;
            var spans = keep is null
                ? Segmentation.Windows.Fixed(WordSpans.Of(text), size, overlap, dropLast).Select(w => w.Text).ToList()
                : Whole(text, keep == "sentences" ? Segmentation.Sentences.Of(text, language ?? document.Language) : Paragraphs.Of(text), size);
            if (spans.Count == 0) return StepResult.Drop("no_window");
            if (spans.Count == 1) return StepResult.Changed(document, spans[0].Of(text).ToString());
            return StepResult.Divide(document, [.. spans.Select((span, i) => document with { Id = string.Create(CultureInfo.InvariantCulture, $"{document.Id}/{i + 1}"), Text = span.Of(text).ToString() })]);
        });
    }

    // As many units as fit, with what stands between them.
    private static List<TextSpan> Whole(string text, List<TextSpan> units, int size) =>
        [.. Segmentation.Windows.Packed([.. units.Select(u => WordSpans.Of(u.Of(text)).Count)], size).Select(p => new TextSpan(units[p.First].Start, units[p.End - 1].End - units[p.First].Start))];
}
