using Loquat.Corpus.Collection;
using Loquat.Tests;

namespace Loquat.Corpus.Tests.Collection;

/// <summary>
/// Real files of every kind, damaged: bytes changed, cut out, doubled, put in, the file cut short or joined with another. Readers give documents or say what is wrong; they do not fail, hang or
/// take memory without measure.
/// </summary>
public sealed class ParserFuzzTests(ITestOutputHelper output)
{
    private const int LargestFile = 60_000;
    private const double Hang = 2; // s of the processor, which a busy machine does not stretch

    public static TheoryData<string> Kinds => [.. Files().Select(f => f.Kind).Distinct()];

    [Theory, MemberData(nameof(Kinds))]
    public void Damaged_files_are_read_or_told(string kind)
    {
        var files = Files().Where(f => f.Kind == kind).Select(f => (f.Path, Bytes: File.ReadAllBytes(f.Path))).ToList();
        var rounds = LongTests.Rounds(40, 80_000);
        var (slowest, largest) = (0.0, 0L);
        for (var seed = 0; seed < rounds; seed++)
        {
            var random = new Random(seed);
            var (path, bytes) = files[random.Next(files.Count)];
            var damaged = Damaged(bytes, files[random.Next(files.Count)].Bytes, random);
            var (seconds, allocated) = Read(damaged, path, seed);
            seconds.Should().BeLessThan(Hang, $"of {path} damaged by {seed}");
            allocated.Should().BeLessThan(1L << 30, $"of {path} damaged by {seed}");
            (slowest, largest) = (Math.Max(slowest, seconds), Math.Max(largest, allocated));
        }
        output.WriteLine($"{kind}: {rounds} inputs of {files.Count} files, the slowest {slowest:F2} s, {largest >> 20} MiB taken at the most");
    }

    private static (double Seconds, long Allocated) Read(byte[] bytes, string path, int seed)
    {
        var (begun, before) = (ThreadTime.Seconds(), GC.GetAllocatedBytesForCurrentThread());
        try
        {
            foreach (var document in new DocumentReader().Read(new MemoryStream(bytes), Path.GetFileName(path)))
                if (document.Text.Length == 0) Assert.Fail($"{path} damaged by {seed} gives a document without text");
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{path} damaged by {seed}: {error}");
        }
        return (ThreadTime.Seconds() - begun, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static byte[] Damaged(byte[] bytes, byte[] other, Random random)
    {
        var damaged = new List<byte>(bytes);
        for (var changes = 1 + random.Next(4); changes > 0 && damaged.Count > 0; changes--)
        {
            var at = random.Next(damaged.Count);
            var length = Math.Min(damaged.Count - at, 1 + random.Next(random.Next(2) == 0 ? 8 : 2000));
            switch (random.Next(8))
            {
                case 0: damaged.RemoveRange(at, length); break;
                case 1: damaged.InsertRange(at, damaged.GetRange(at, length)); break;
                case 2: damaged.RemoveRange(at, damaged.Count - at); break;
                case 3: damaged.InsertRange(at, other.AsSpan(random.Next(Math.Max(1, other.Length))) is var rest && rest.Length > 2000 ? rest[..2000].ToArray() : rest.ToArray()); break;
                case 4: damaged.InsertRange(at, Enumerable.Repeat(damaged[at], random.Next(5000))); break;
                case 5: damaged[at] = (byte)(random.Next(2) == 0 ? 0xFF : 0); break;
                case 6: damaged[at] ^= (byte)(1 << random.Next(8)); break;
                default: for (var i = 0; i < length; i++) damaged[at + i] = (byte)random.Next(256); break;
            }
        }
        return [.. damaged];
    }

    private static IEnumerable<(string Path, string Kind)> Files() => Directory.EnumerateFiles(SharedFolder.Require("data", "raw"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Where(f => new FileInfo(f).Length is > 0 and < LargestFile).Select(f => (f, Path.GetExtension(f)));
}
