using System.Security.Cryptography;
using Loquat.Corpus.Collection.Containers;
using Loquat.Corpus.Collection.Web;

namespace Loquat.Corpus.Tests.Collection.Web;

public sealed class WarcFileTests(ITestOutputHelper output)
{
    /// <summary>Good archives record by record; of damaged ones at least what the reference reads.</summary>
    [Fact]
    public void Records_equal_the_reference_s()
    {
        var wrong = new List<string>();
        var cases = TextFixture.Cases("read_warc.json");
        foreach (var one in cases)
        {
            var path = TextFixture.Data(one.Text("path")!);
            var faults = new List<string>();
            var given = Read(path, faults);
            var wanted = one.GetProperty("records").EnumerateArray().Select(r => string.Join(' ', r.EnumerateArray().Select(v => v.ToString()))).ToList();
            var isGood = one.Text("error") is null;
            output.WriteLine($"{one.Text("path")}: {given.Count} records, {wanted.Count} by the reference, {string.Join("; ", faults)}");
            for (var i = 0; i < wanted.Count; i++)
                // Digests that the reference did not check may be right.
                if (i >= given.Count || given[i] != wanted[i] && !(wanted[i].EndsWith(' ') && given[i] == $"{wanted[i]}True")) wrong.Add($"{one.Text("path")} {i}\n  expected {wanted[i]}\n  actual   {(i < given.Count ? given[i] : "none")}");
            if (isGood && given.Count != wanted.Count) wrong.Add($"{one.Text("path")}: {given.Count} records, not {wanted.Count}");
            if (!isGood && given.Count == wanted.Count && faults.Count == 0) wrong.Add($"{one.Text("path")}: the damage is not told: {one.Text("error")}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static List<string> Read(string path, List<string> faults)
    {
        using var file = File.OpenRead(path);
        var head = new byte[16];
        file.ReadExactly(head);
        file.Position = 0;
        using Stream stream = CompressionStreams.Of(head) is not Compression.None and var compression ? CompressionStreams.Open(compression, file, path, new ReadingLimits()) : file;
        var records = new List<string>();
        var warc = new WarcFile(stream, 64 << 20);
        warc.Fault += faults.Add;
        try
        {
            foreach (var r in warc.Records())
            {
                if (r.Fault is { } fault) faults.Add(fault);
                records.Add(string.Join(' ', r.Type, r.Url, r.Date, r.Status, r.ContentType, r.Payload.Length, Convert.ToHexStringLower(SHA256.HashData(r.Payload)), r.Digests switch { DigestState.Right => "True", DigestState.Wrong => "False", _ => "" }));
            }
        }
        catch (DataException error)
        {
            faults.Add(error.Message);
        }
        return records;
    }
}
