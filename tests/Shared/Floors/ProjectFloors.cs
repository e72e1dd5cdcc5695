using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Loquat.Tests;

/// <summary>The folders of a project of `src`, how they use each other, and the order that docs/floors.md gives them.</summary>
/// <param name="name">The project's; its built assembly lies beside the tests.</param>
internal sealed partial class ProjectFloors(string name)
{
    private const string Top = "(top)"; // the project's own folder, in the table

    private readonly string _root = Path.Combine(SharedFolder.RepositoryRoot, "src", name);

    public static string Page { get; } = Path.Combine(SharedFolder.RepositoryRoot, "docs", "floors.md");

    /// <summary>From the ground up.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Floors()
    {
        var section = File.ReadLines(Page).SkipWhile(l => l != $"## {name}").Skip(1).TakeWhile(l => !l.StartsWith("## ", StringComparison.Ordinal));
        return [.. section.Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => (IReadOnlyList<string>)[.. Code().Matches(l.Split('|')[1]).Select(m => m.Groups[1].Value)])];
    }

    /// <summary>Sources whose namespace is not their folder's.</summary>
    public IReadOnlyList<string> Strangers() =>
        [.. Sources().SelectMany(s => NamespaceLine().Matches(s.Text).Where(m => m.Groups[1].Value != NamespaceOf(s.Folder) && !IsWhole(s.Folder, m.Groups[1].Value)).Select(m => $"{s.Path} is in the namespace {m.Groups[1].Value}"))];

    /// <summary>Arrows by the assembly, by the `using`s, and by the names of constants, which leave no trace in an assembly.</summary>
    public FolderGraph Graph()
    {
        var graph = new FolderGraph();
        var folders = new Dictionary<string, string>(StringComparer.Ordinal) { ["Loquat"] = Top };
        var sources = Sources().ToList();
        foreach (var (_, folder, _) in sources)
        {
            graph.AddFolder(folder);
            folders[NamespaceOf(folder)] = folder;
        }
        var assembly = Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
        AssemblyArrows.Read(assembly, (from, to, place) =>
        {
            if (folders.TryGetValue(from, out var user) && folders.TryGetValue(to, out var used)) graph.Add(user, used, place);
        });
        var constants = Constants(assembly).Where(c => folders.ContainsKey(c.Namespace)).Select(c => (Folder: folders[c.Namespace], c.Type)).Distinct().ToLookup(c => c.Type, c => c.Folder);
        foreach (var (path, folder, text) in sources)
        {
            foreach (Match match in UsingLine().Matches(text))
                if (folders.TryGetValue(match.Groups[1].Value, out var used)) graph.Add(folder, used, $"{path}: {match.Value}");
            foreach (Match match in MemberName().Matches(CommentLine().Replace(text, "")))
                if (constants[match.Groups[1].Value].ToList() is [var one]) graph.Add(folder, one, $"{path}: {match.Value}");
        }
        return graph;
    }

    private IEnumerable<(string Path, string Folder, string Text)> Sources() =>
        from path in Directory.EnumerateFiles(_root, "*.cs", SearchOption.AllDirectories)
        let parts = Path.GetRelativePath(_root, path).Split(Path.DirectorySeparatorChar)
        where parts[0] is not ("obj" or "bin")
        select (string.Join('/', parts), parts.Length == 1 ? Top : string.Join('/', parts[..^1]), File.ReadAllText(path));

    private string NamespaceOf(string folder) => folder == Top ? name : $"{name}.{folder.Replace('/', '.')}";

    // What is not of one folder: the errors, which all projects throw.
    private static bool IsWhole(string folder, string space) => folder == Top && space == "Loquat";

    private static IEnumerable<(string Namespace, string Type)> Constants(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        var reader = file.GetMetadataReader();
        return [.. from handle in reader.TypeDefinitions
                   let type = reader.GetTypeDefinition(handle)
                   where type.GetDeclaringType().IsNil && type.GetFields().Any(f => reader.GetFieldDefinition(f).Attributes.HasFlag(System.Reflection.FieldAttributes.Literal))
                   select (reader.GetString(type.Namespace), reader.GetString(type.Name))];
    }

    [GeneratedRegex(@"`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^using (?:static )?(?:\w+ = )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex CommentLine();

    [GeneratedRegex(@"(?<![\w.])(?:\w+\.)*?([A-Z]\w*)\.[A-Z]\w*")]
    private static partial Regex MemberName();
}
