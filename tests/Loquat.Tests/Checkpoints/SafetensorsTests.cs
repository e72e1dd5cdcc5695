using Loquat.Checkpoints;
using Loquat.Tests.Layers;
using Loquat.Tests.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace Loquat.Tests.Checkpoints;

public sealed class SafetensorsTests
{
    private static IEnumerable<string> FixtureFiles() =>
        Directory.EnumerateFiles(SharedFolder.Require("fixtures", "models"), "*.safetensors", SearchOption.AllDirectories).Order(StringComparer.Ordinal);

    [Fact]
    public void Every_fixture_reads_as_a_simple_reader_reads_it()
    {
        foreach (var path in FixtureFiles())
        {
            using var scope = NewDisposeScope();
            using var file = SafetensorsFile.Open(path);
            var expected = SimpleSafetensors.Read(path);
            file.Entries.Keys.Should().BeEquivalentTo(expected.Keys);
            foreach (var (name, tensor) in expected) file.Load(name).equal(tensor).all().item<bool>().Should().BeTrue();
        }
    }

    [Fact]
    public void What_is_written_reads_back()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var tensors = new List<(string, Tensor)>
        {
            ("b", Gradients.Random(ScalarType.Float32, 1, 3, 5)), ("a", Gradients.Random(ScalarType.BFloat16, 2, 7)), ("empty", zeros([0, 4])),
            ("scalar", tensor(5L)), ("strided", Gradients.Random(ScalarType.Float32, 3, 4, 6).t()), ("flags", tensor(new[] { true, false, true })),
        };
        SafetensorsWriter.Write(folder.File("x.safetensors"), tensors);
        using var file = SafetensorsFile.Open(folder.File("x.safetensors"));
        file.Entries.Keys.Should().BeEquivalentTo(tensors.Select(t => t.Item1));
        foreach (var (name, tensor) in tensors)
        {
            var loaded = file.Load(name);
            loaded.dtype.Should().Be(tensor.dtype);
            loaded.shape.Should().Equal(tensor.shape);
            loaded.equal(tensor).all().item<bool>().Should().BeTrue(name);
        }
    }

    [Fact]
    public void Damaged_files_give_an_error_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(17);
        var originals = FixtureFiles().Where(f => new FileInfo(f).Length < 300_000).Take(8).Select(File.ReadAllBytes).ToArray();
        originals.Should().NotBeEmpty();
        var path = folder.File("damaged.safetensors");
        var refused = 0;
        for (var round = 0; round < LongTests.Rounds(10_000, 1_000_000); round++)
        {
            var bytes = (byte[])originals[random.Next(originals.Length)].Clone();
            var header = BitConverter.ToInt32(bytes);
            if (round % 3 == 0) bytes = bytes[..random.Next(bytes.Length)];
            else for (var i = random.Next(1, 4); i > 0; i--) bytes[random.Next(8 + header)] = (byte)random.Next(256);
            File.WriteAllBytes(path, bytes);
            try
            {
                using var scope = NewDisposeScope();
                using var file = SafetensorsFile.Open(path);
                foreach (var name in file.Entries.Keys) file.Bytes(name);
            }
            catch (CheckpointException error)
            {
                error.Message.Should().Contain(path);
                refused++;
            }
        }
        refused.Should().BePositive();
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[8,8]}}", "twice")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "overlap")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "gaps")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905,4],\"data_offsets\":[0,8]}}", "bytes of data")]
    [InlineData("{\"a\":{\"dtype\":\"F7\",\"shape\":[2],\"data_offsets\":[0,8]}}", "dtype 'F7'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", "shape")]
    [InlineData("{}", "end at byte")]
    [InlineData("[]", "object")]
    public void Hostile_headers_are_refused(string json, string expected)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("hostile.safetensors");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)json.Length), .. System.Text.Encoding.UTF8.GetBytes(json), .. new byte[8]]);
        var open = () => SafetensorsFile.Open(path);
        open.Should().Throw<CheckpointException>().WithMessage($"*{expected}*");
    }
}
