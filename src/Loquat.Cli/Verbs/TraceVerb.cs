using System.CommandLine;
using Loquat.Cli.Display;
using Loquat.Cli.Parsing;
using Loquat.Corpus;
using Loquat.Corpus.Shards;

namespace Loquat.Cli.Verbs;

/// <summary>`loquat trace DIR TEXT`: which source a training text came from.</summary>
internal static class TraceVerb
{
    public static Command Create()
    {
        var folder = PathOption.Argument("folder", "What collect or preprocess wrote, or one of its shards.");
        var text = new Argument<string>("text") { Description = "A passage, or the id of a document; white space counts as one space." };
        var most = NumberOption.WithDefault("--most", "Documents to show. Default: 10.", 10);
        var verb = new Command("trace", "Tell which source a training text came from.") { folder, text, most };
        verb.WithExamples("""
            loquat trace collected "a truth universally acknowledged"
            """);
        verb.SetAction(parsed =>
        {
            var wanted = Squeezed(parsed.GetValue(text)!);
            if (wanted.Length == 0) throw new OptionsException("TEXT is empty; give a passage of the training text.");
            var found = 0;
            foreach (var shard in DocumentShards.Find(parsed.GetValue(folder)!))
            {
                foreach (var document in DocumentShards.Read(shard))
                {
                    if (document.Id != wanted && !Squeezed(document.Text).Contains(wanted, StringComparison.Ordinal)) continue;
                    Show(document, shard);
                    if (++found == parsed.GetValue(most)) return 0;
                }
            }
            if (found == 0) throw new DataException($"{parsed.GetValue(folder)}: no document has this text. A text that preprocessing changed is found by a passage it left alone, or in the folder that was collected.");
            return 0;
        });
        return verb;
    }

    private static void Show(Document document, string shard)
    {
        Console.Out.WriteLine(document.Source);
        foreach (var (name, value) in ((string, string?)[])[("id", document.Id), ("title", document.Title), ("author", document.Author), ("date", document.Date), ("url", document.Url), ("license", document.License), ("shard", shard)])
            if (value is not null) Console.Out.WriteLine($"  {name,-8} {value}");
    }

    private static string Squeezed(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
