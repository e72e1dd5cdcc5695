using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Loquat.EndToEnd.Tests;

/// <summary>
/// Loquat from packages, in a project outside the repository: the project file of docs/library.md, the program of the README, and every other C# block of the guides,
/// compiled. NuGet gets what else is needed from the packages that this repository has restored: no network.
/// </summary>
public sealed partial class PackageTests
{
    private const string Version = "0.0.0-test";

    /// <summary>A build leaves libtorch where it is; a program with all else is small.</summary>
    private const long LargestOutput = 60_000_000;

    [Fact]
    public void The_program_of_the_README_builds_and_runs_from_packages()
    {
        using var folder = new TemporaryFolder();
        foreach (var package in (string[])["Loquat.Text", "Loquat.Corpus", "Loquat.Sweeps", "Loquat"])
            DotNet(SharedFolder.RepositoryRoot, "pack", $"src/{package}", "-c", Configuration, "--no-build", "-v", "quiet", "-o", folder.File("feed"), $"-p:PackageVersion={Version}");
        Write(folder);

        DotNet(folder.Path, "build", "-c", "Release", "-v", "quiet", "-p:UseSharedCompilation=false", "-p:NuGetAudit=false").Should().NotContain("LOQUAT001");
        var output = Path.GetDirectoryName(Directory.GetFiles(folder.File("bin"), "App.dll", SearchOption.AllDirectories).Single())!;
        var files = Directory.GetFiles(output, "*", SearchOption.AllDirectories);
        files.Sum(file => new FileInfo(file).Length).Should().BeLessThan(LargestOutput);
        files.Should().NotContain(file => Path.GetFileName(file).Contains("torch_cpu"));
        var libtorch = File.ReadAllText(Path.Combine(output, "Loquat.libtorch")).Trim();
        Directory.GetFiles(libtorch, "*torch_cpu*").Should().ContainSingle("the build notes where it left libtorch");

        var outcome = CommandLine.Finish(CommandLine.Launch(folder.Path, "dotnet", [Path.Combine(output, "App.dll")]));
        outcome.ExitCode.Should().Be(0, outcome.All);
        outcome.Output.Should().MatchRegex(@"^\d\.\d+ bits per byte\n");
        outcome.Output.Split('\n', 2)[1].Should().NotBeNullOrWhiteSpace("the model has written");
    }

    [Fact]
    public void A_project_that_names_no_platform_is_warned()
    {
        using var folder = new TemporaryFolder();
        var project = $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <Import Project="{Path.Combine(SharedFolder.RepositoryRoot, "src/Loquat/Packaging/Loquat.targets")}" />
            </Project>
            """;
        File.WriteAllText(folder.File("App.csproj"), project);
        File.WriteAllText(folder.File("Program.cs"), "System.Console.WriteLine();");
        DotNet(folder.Path, "build", "-v", "quiet", "-p:UseSharedCompilation=false").Should().Contain("LOQUAT001").And.Contain("UseCurrentRuntimeIdentifier");
    }

    [Fact]
    public void The_platforms_of_the_package_are_those_of_the_repository()
    {
        var versions = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "Directory.Packages.props"));
        var wanted = LibtorchVersion().Matches(versions).Select(m => (m.Groups[1].Value, m.Groups[2].Value)).ToList();
        wanted.Should().NotBeEmpty();
        var runtimes = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "src/Loquat/Packaging/runtime.json")))!["runtimes"]!.AsObject();
        runtimes.Select(r => (r.Value!["Loquat"]!.AsObject().Single().Key, r.Value["Loquat"]!.AsObject().Single().Value!.GetValue<string>())).Should().BeEquivalentTo(wanted);
        foreach (var (platform, packages) in runtimes) packages!["Loquat"]!.AsObject().Single().Key.Should().EndWith(platform);
    }

    private static void Write(TemporaryFolder folder)
    {
        var guide = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "docs", "library.md"));
        File.WriteAllText(folder.File("App.csproj"), Blocks(guide, "xml").Single().Replace("Version=\"0.1.0\"", $"Version=\"{Version}\""));
        File.WriteAllText(folder.File("nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="feed" value="feed" /></packageSources>
              <fallbackPackageFolders><clear /><add key="restored" value="{Packages}" /></fallbackPackageFolders>
              <config><add key="globalPackagesFolder" value="packages" /></config>
            </configuration>
            """);
        File.WriteAllText(folder.File("Program.cs"), Blocks(File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "README.md")), "csharp").Single());
        var documents = Directory.GetFiles(Path.Combine(SharedFolder.RepositoryRoot, "docs"), "*.md").Where(f => Path.GetFileName(f) is "library.md");
        var number = 0;
        foreach (var block in documents.SelectMany(f => Blocks(File.ReadAllText(f), "csharp"))) File.WriteAllText(folder.File($"Block{number}.cs"), Wrapped(block, number++));
        number.Should().BeGreaterThan(3);
    }

    /// <summary>A block that stands as a program, as a method: its usings first, the types it ends with after.</summary>
    private static string Wrapped(string block, int number)
    {
        var lines = block.Split('\n');
        var usings = lines.TakeWhile(line => line.Length == 0 || UsingLine().IsMatch(line)).ToList();
        var types = Array.FindIndex(lines, line => line.StartsWith("class ", StringComparison.Ordinal));
        var body = lines[usings.Count..(types < 0 ? lines.Length : types)];
        var text = new StringBuilder().AppendJoin('\n', usings).Append($"\nnamespace Guide{number};\n\nstatic class Block\n{{\n    public static async Task Run()\n    {{\n");
        text.AppendJoin('\n', body).Append("\n        await Task.CompletedTask;\n    }\n}\n\n");
        return types < 0 ? text.ToString() : text.AppendJoin('\n', lines[types..]).ToString();
    }

    private static IEnumerable<string> Blocks(string document, string language) => Block().Matches(document).Where(m => m.Groups[1].Value == language).Select(m => m.Groups[2].Value.TrimEnd());

    /// <summary>Runs `dotnet`, leaving no build server behind.</summary>
    private static string DotNet(string folder, params string[] arguments)
    {
        var environment = new Dictionary<string, string> { ["MSBUILDDISABLENODEREUSE"] = "1", ["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0", ["DOTNET_NOLOGO"] = "1", ["NUGET_PACKAGES"] = folder == SharedFolder.RepositoryRoot ? Packages : Path.Combine(folder, "packages"), ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1" };
        var outcome = CommandLine.Finish(CommandLine.Launch(folder, "dotnet", arguments, environment));
        outcome.ExitCode.Should().Be(0, $"of dotnet {string.Join(' ', arguments)}: {outcome.All}");
        return outcome.All;
    }

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>Where this repository's packages are.</summary>
    private static string Packages => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } own ? own
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^using [\w.]+;")]
    private static partial Regex UsingLine();

    [GeneratedRegex("""Include="(libtorch-cpu-[\w-]+)" Version="([\d.]+)""")]
    private static partial Regex LibtorchVersion();
}
