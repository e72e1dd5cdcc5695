using Loquat.Native;

namespace Loquat.Tests.Native;

public sealed class BridgeCopyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _bridge;
    private readonly string _cache;

    public BridgeCopyTests()
    {
        (_bridge, _cache) = (_folder.File("libBridge.so"), _folder.File("cache"));
        File.WriteAllBytes(_bridge, SyntheticElf.Demanding("GLIBCXX_3.4", BridgeCopy.Demanded));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Where_the_system_has_the_version_the_file_is_left_alone()
    {
        BridgeCopy.Usable(_bridge, StandardLibrary("GLIBCXX_3.4", BridgeCopy.Demanded), _cache).Should().Be(_bridge);
        Directory.Exists(_cache).Should().BeFalse();
    }

    [Fact]
    public void Where_the_system_lacks_the_version_a_marked_copy_is_used_and_the_file_stays()
    {
        var before = File.ReadAllBytes(_bridge);
        var copy = BridgeCopy.Usable(_bridge, StandardLibrary("GLIBCXX_3.4", "GLIBCXX_3.4.30"), _cache);
        copy.Should().StartWith(_cache);
        File.ReadAllBytes(_bridge).Should().Equal(before);
        ElfVersions.MarkWeak(before, BridgeCopy.Demanded).Should().BeTrue();
        File.ReadAllBytes(copy).Should().Equal(before);
    }

    [Fact]
    public void A_library_without_the_demand_is_used_as_it_is()
    {
        File.WriteAllBytes(_bridge, SyntheticElf.Demanding("GLIBCXX_3.4"));
        BridgeCopy.Usable(_bridge, StandardLibrary("GLIBCXX_3.4"), _cache).Should().Be(_bridge);
    }

    [Fact]
    public void A_damaged_copy_is_written_again()
    {
        var standard = StandardLibrary("GLIBCXX_3.4");
        var copy = BridgeCopy.Usable(_bridge, standard, _cache);
        var whole = File.ReadAllBytes(copy);
        File.WriteAllBytes(copy, whole[..20]);
        BridgeCopy.Usable(_bridge, standard, _cache).Should().Be(copy);
        File.ReadAllBytes(copy).Should().Equal(whole);
    }

    [Fact]
    public void Starts_at_the_same_time_agree_on_one_whole_copy()
    {
        var standard = StandardLibrary("GLIBCXX_3.4");
        using var together = new Barrier(16);
        var copies = new string[16];
        var threads = Enumerable.Range(0, 16).Select(i => new Thread(() =>
        {
            together.SignalAndWait();
            copies[i] = BridgeCopy.Usable(_bridge, standard, _cache);
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        copies.Distinct().Should().ContainSingle();
        Directory.GetFiles(_cache).Should().ContainSingle("no temporary file stays behind");
        new ElfVersions(File.ReadAllBytes(copies[0])).Demands(BridgeCopy.Demanded, out _).Should().BeTrue();
    }

    [Fact]
    public void Without_a_cache_that_can_be_written_the_copy_is_the_processs_own()
    {
        File.WriteAllText(_cache, "a file where the folder should be");
        foreach (var cache in (string?[])[_cache, null])
        {
            var copy = BridgeCopy.Usable(_bridge, StandardLibrary("GLIBCXX_3.4"), cache);
            copy.Should().NotBe(_bridge);
            new ElfVersions(File.ReadAllBytes(copy)).Demands(BridgeCopy.Demanded, out _).Should().BeTrue();
            Directory.Delete(Path.GetDirectoryName(copy)!, recursive: true);
        }
    }

    private string StandardLibrary(params string[] versions)
    {
        var path = _folder.File("libstdc++.so.6");
        File.WriteAllBytes(path, SyntheticElf.Defining(versions));
        return path;
    }
}
