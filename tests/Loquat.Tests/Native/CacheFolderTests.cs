using Loquat.Native;

namespace Loquat.Tests.Native;

public sealed class CacheFolderTests
{
    [Fact]
    public void Writers_at_the_same_time_leave_one_whole_file()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "a", "b", "file");
        Parallel.For(0, 64, i => CacheFolder.Write(path, Enumerable.Repeat((byte)i, 10_000).ToArray()));
        File.ReadAllBytes(path).Distinct().Should().ContainSingle();
        Directory.GetFiles(Path.GetDirectoryName(path)!).Should().ContainSingle();
    }
}
