using System.Diagnostics;
using Loquat.Text.Files;

namespace Loquat.Tests.Files;

/// <summary>A file appears whole or not at all; a device, a pipe and a link are written through and stay what they are.</summary>
public sealed class AtomicFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_failed_write_leaves_the_old_file()
    {
        var path = _folder.File("a");
        Write(path, "old");
        var write = () => AtomicFolder.WriteFile(path, stream =>
        {
            stream.Write("ne"u8);
            throw new InvalidOperationException();
        });
        write.Should().Throw<InvalidOperationException>();
        File.ReadAllText(path).Should().Be("old");
        Directory.EnumerateFiles(_folder.Path).Should().ContainSingle();
    }

    [Fact]
    public void A_folder_may_be_named_with_a_separator_at_its_end()
    {
        for (var round = 1; round <= 2; round++)
        {
            AtomicFolder.Write(_folder.File("out") + Path.DirectorySeparatorChar, folder => File.WriteAllText(Path.Combine(folder, "a"), $"{round}"));
            File.ReadAllText(_folder.File("out/a")).Should().Be($"{round}");
        }
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().ContainSingle();
    }

    [Fact]
    public void Symbolic_links_stay_links()
    {
        SkipOnWindows();
        Directory.CreateDirectory(_folder.File("d"));
        Write(_folder.File("d/target"), "old");
        File.CreateSymbolicLink(_folder.File("link"), "d/target");
        File.CreateSymbolicLink(_folder.File("second"), "link");
        File.CreateSymbolicLink(_folder.File("dangling"), "d/new");
        Write(_folder.File("second"), "new");
        Write(_folder.File("dangling"), "made");
        new FileInfo(_folder.File("link")).LinkTarget.Should().Be("d/target");
        new FileInfo(_folder.File("second")).LinkTarget.Should().Be("link");
        File.ReadAllText(_folder.File("d/target")).Should().Be("new");
        File.ReadAllText(_folder.File("d/new")).Should().Be("made");
        File.CreateSymbolicLink(_folder.File("circle"), "circle");
        var circle = () => Write(_folder.File("circle"), "x");
        circle.Should().Throw<MachineException>();
    }

    [Fact]
    public void Other_names_of_a_file_see_what_is_written_and_rights_are_kept()
    {
        if (OperatingSystem.IsWindows()) return;
        var path = _folder.File("a");
        Write(path, "old");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Process.Start("ln", [path, _folder.File("b")]).WaitForExit();
        Write(path, "new");
        File.ReadAllText(_folder.File("b")).Should().Be("new");
        File.Delete(_folder.File("b"));
        Write(path, "newer");
        File.GetUnixFileMode(path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Devices_are_written_through()
    {
        SkipOnWindows();
        Write("/dev/null", "gone");
        File.ReadAllBytes("/dev/null").Should().BeEmpty();
        File.Exists("/dev/null.writing").Should().BeFalse();
        if (!File.Exists("/dev/full")) return;
        File.CreateSymbolicLink(_folder.File("full"), "/dev/full");
        foreach (var path in (string[])["/dev/full", _folder.File("full")])
        {
            var full = () => Write(path, "x");
            full.Should().Throw<MachineException>().WithMessage("*cannot be written*space*");
        }
        new FileInfo("/dev/full").Attributes.Should().NotHaveFlag(FileAttributes.Archive);
        using var device = File.OpenRead("/dev/full");
        device.ReadByte().Should().Be(0, "of a device that is still one");
    }

    [Fact]
    public void A_pipe_gets_the_bytes()
    {
        SkipOnWindows();
        var pipe = _folder.File("pipe");
        Process.Start("mkfifo", [pipe]).WaitForExit();
        using var reader = Process.Start(new ProcessStartInfo("cat", [pipe]) { RedirectStandardOutput = true })!;
        Write(pipe, "through");
        reader.StandardOutput.ReadToEnd().Should().Be("through");
    }

    [Fact]
    public void A_folder_is_no_file()
    {
        var write = () => Write(_folder.Path, "x");
        write.Should().Throw<MachineException>().WithMessage("*it is a folder*");
        Directory.Exists(_folder.Path).Should().BeTrue();
    }

    public void Dispose() => _folder.Dispose();

    private static void Write(string path, string text) => AtomicFolder.WriteFile(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    private static void SkipOnWindows()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("links, pipes and devices are tested on Unix");
    }
}
