using System.Text;
using System.Text.RegularExpressions;

namespace Loquat.Corpus.Collection.Mail;

/// <summary>Takes quoted replies and signatures out of the text of a message.</summary>
internal static partial class MailText
{
    public static string Cut(string text, bool quotes, bool signatures)
    {
        var lines = text.Split('\n').ToList();
        if (signatures && lines.FindIndex(l => l is "-- " or "--" or "--\u00A0") is > 0 and var mark) lines.RemoveRange(mark, lines.Count - mark);
        if (!quotes) return string.Join('\n', lines).Trim('\n');
        var forwarded = lines.FindIndex(l => Original().IsMatch(l.Trim()));
        if (forwarded >= 0) lines.RemoveRange(forwarded, lines.Count - forwarded);
        var kept = new StringBuilder();
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].TrimStart().StartsWith('>')) continue;
            // "On Monday, somebody wrote:" goes with what it introduces; it may be broken over two lines.
            var rest = lines.Skip(i + 1).SkipWhile(string.IsNullOrWhiteSpace).FirstOrDefault();
            if (rest is not null && rest.TrimStart().StartsWith('>') && Wrote().IsMatch(lines[i].Trim())) continue;
            if (i + 1 < lines.Count && Wrote().IsMatch($"{lines[i].Trim()} {lines[i + 1].Trim()}") && !lines[i + 1].TrimStart().StartsWith('>')
                && lines.Skip(i + 2).SkipWhile(string.IsNullOrWhiteSpace).FirstOrDefault() is { } behind && behind.TrimStart().StartsWith('>'))
            {
                i++;
                continue;
            }
            kept.Append(lines[i]).Append('\n');
        }
        return Empty().Replace(kept.ToString(), "\n\n").Trim('\n');
    }

    [GeneratedRegex(@"^-{2,}\s*(Original Message|Original-Nachricht|Ursprüngliche Nachricht|Message d'origine|Mensaje original|Forwarded message|Weitergeleitete Nachricht)\s*-{2,}$|^_{20,}$", RegexOptions.IgnoreCase)]
    private static partial Regex Original();

    [GeneratedRegex(@"^(On|Am|Le|El|Il|Op|Den|Em|W dniu|\d{1,4}[-./]).{5,200}(wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev|escreveu|napisał\(?a?\)?)[^:]{0,60}:$", RegexOptions.IgnoreCase)]
    private static partial Regex Wrote();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex Empty();
}
