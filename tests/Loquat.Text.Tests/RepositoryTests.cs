using System.Xml.Linq;

namespace Loquat.Tests;

/// <summary>Holds the shape of the repository: which way dependencies point, and how long a file may be.</summary>
public sealed class RepositoryTests
{
    private const int LongestFile = 500;

    [Fact]
    public void Projects_depend_only_on_those_before_them()
    {
        string[] order = ["Loquat.Text", "Loquat.Corpus", "Loquat.Sweeps", "Loquat", "Loquat.Server", "Loquat.Cli"];
        foreach (var project in Directory.EnumerateFiles(Path.Combine(SharedFolder.RepositoryRoot, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var references = XDocument.Load(project).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
            references.Should().OnlyContain(r => Array.IndexOf(order, r) < Array.IndexOf(order, name), $"of the arrows of {name}");
        }
    }

    [Fact]
    public void Every_project_has_floors()
    {
        var page = File.ReadAllLines(ProjectFloors.Page);
        foreach (var project in Directory.EnumerateFiles(Path.Combine(SharedFolder.RepositoryRoot, "src"), "*.csproj", SearchOption.AllDirectories))
            page.Should().Contain($"## {Path.GetFileNameWithoutExtension(project)}");
    }

    [Fact]
    public void Tests_stand_where_their_sources_do()
    {
        string[] own = ["Reference", "Floors", "Cases"]; // slow obvious versions, the floors of the house, data
        foreach (var tests in Directory.EnumerateDirectories(Path.Combine(SharedFolder.RepositoryRoot, "tests"), "*.Tests"))
        {
            var sources = Path.Combine(SharedFolder.RepositoryRoot, "src", Path.GetFileName(tests)[..^".Tests".Length]);
            var folders = Directory.EnumerateFiles(tests, "*.cs", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(tests, Path.GetDirectoryName(f)!))
                .Where(f => f.Split(Path.DirectorySeparatorChar) is var parts && parts[0] is not ("." or "obj" or "bin") && !parts.Intersect(own).Any());
            folders.Distinct().Where(f => !Directory.Exists(Path.Combine(sources, f))).Should().BeEmpty($"of the folders of {Path.GetFileName(tests)}");
        }
    }

    [Fact]
    public void No_source_file_is_longer_than_500_lines()
    {
        SourceFiles("src").Concat(SourceFiles("tests")).Concat(SourceFiles("benchmarks"))
            .Where(f => File.ReadLines(f).Count() > LongestFile).Should().BeEmpty();
    }

    private static IEnumerable<string> SourceFiles(string folder) =>
        (Path.Combine(SharedFolder.RepositoryRoot, folder) is var root && Directory.Exists(root) ? Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories) : [])
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("\\obj\\", StringComparison.Ordinal));
}
