using CsCheck;
using Loquat.Native;

namespace Loquat.Tests.Native;

public sealed class ElfVersionsTests
{
    private const string Version = "GLIBCXX_3.4.32";
    private static readonly byte[][] Samples =
    [
        SyntheticElf.Defining("GLIBCXX_3.4", "GLIBCXX_3.4.30", Version), SyntheticElf.Demanding("GLIBCXX_3.4", Version, "CXXABI_1.3"),
    ];

    [Fact]
    public void A_defined_version_is_found_and_its_beginnings_are_not()
    {
        var file = new ElfVersions(SyntheticElf.Defining("GLIBCXX_3.4", "GLIBCXX_3.4.30", Version));
        file.Defines(Version).Should().BeTrue();
        file.Defines("GLIBCXX_3.4").Should().BeTrue();
        file.Defines("GLIBCXX_3.4.3").Should().BeFalse();
        file.Defines("GLIBCXX_3.4.31").Should().BeFalse();
    }

    [Fact]
    public void Marking_sets_one_flag_of_the_demanded_version_and_nothing_else()
    {
        var file = SyntheticElf.Demanding("GLIBCXX_3.4", Version, "CXXABI_1.3");
        var marked = file.ToArray();
        ElfVersions.MarkWeak(marked, Version).Should().BeTrue();
        var changed = Enumerable.Range(0, file.Length).Where(i => file[i] != marked[i]).ToArray();
        new ElfVersions(file).Demands(Version, out var flags).Should().BeTrue();
        changed.Should().Equal(flags);
        (marked[flags] ^ file[flags]).Should().Be(2);
    }

    [Fact]
    public void A_file_without_the_demand_is_left_as_it_is()
    {
        var file = SyntheticElf.Demanding("GLIBCXX_3.4", "CXXABI_1.3");
        var marked = file.ToArray();
        ElfVersions.MarkWeak(marked, Version).Should().BeFalse();
        marked.Should().Equal(file);
    }

    [Fact]
    public void Every_truncation_ends_without_a_fault()
    {
        foreach (var sample in Samples)
            for (var length = 0; length < sample.Length; length++) Walk(sample[..length]);
    }

    [Fact]
    public void Random_files_end_without_a_fault() => Gen.Byte.Array[0, 512].Sample(noise =>
    {
        Walk(noise);
        // Noise behind a true beginning comes further.
        if (noise.Length > 7) "\u007fELF\u0002\u0001\u0001"u8.CopyTo(noise);
        Walk(noise);
    }, iter: 10_000);

    [Fact]
    public void Changed_files_end_without_a_fault()
    {
        byte[] telling = [0, 1, 0x10, 0x7f, 0x80, 0xff];
        var change = Gen.Select(Gen.Int[0, 4096], Gen.OneOf(Gen.Byte, Gen.Int[0, telling.Length - 1].Select(i => telling[i])));
        Gen.Select(Gen.Int[0, Samples.Length - 1], change.Array[1, 12]).Sample((which, changes) =>
        {
            var file = Samples[which].ToArray();
            foreach (var (at, value) in changes) file[at % file.Length] = value;
            Walk(file);
        }, iter: 20_000);
    }

    [Fact]
    public void A_table_that_points_at_itself_ends_soon()
    {
        // 65535 entries per list and a list at every byte: without a bound on the walk this takes minutes.
        var file = new byte[1 << 20];
        SyntheticElf.Demanding(Version).CopyTo(file, 0);
        for (var i = 128; i + 320 < file.Length; i++) file[i] = 1;
        var sections = SyntheticElf.Demanding(Version)[^192..];
        sections.CopyTo(file, file.Length - 192);
        BitConverter.TryWriteBytes(file.AsSpan(0x28), (ulong)(file.Length - 192));
        BitConverter.TryWriteBytes(file.AsSpan(file.Length - 128 + 24), 128UL);
        BitConverter.TryWriteBytes(file.AsSpan(file.Length - 128 + 32), (ulong)(file.Length - 512));
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Walk(file);
        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(2));
    }

    private static void Walk(byte[] file)
    {
        new ElfVersions(file).Defines(Version);
        ElfVersions.MarkWeak(file, Version);
    }
}
