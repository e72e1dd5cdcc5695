namespace Loquat.Tests;

/// <summary>
/// The folder with reference numbers and real data: LOQUAT_SHARED, else `shared` beside the repository.
/// Tests enumerate what lies there. Absent: they skip with a reason; with CI set, its absence fails.
/// </summary>
internal static class SharedFolder
{
    public static string RepositoryRoot { get; } = FindRoot();

    public static string? Root { get; } = Find();

    /// <summary>The path of a file or folder below the shared folder; skips (or in CI fails) the test where it is absent.</summary>
    public static string Require(params string[] parts)
    {
        if (Root is not null && System.IO.Path.Combine([Root, .. parts]) is var path && (File.Exists(path) || Directory.Exists(path)))
            return path;
        var reason = $"'{string.Join('/', parts)}' is not in the shared folder ({Root ?? "not found: set LOQUAT_SHARED"})";
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 }) Assert.Fail(reason);
        Assert.Skip(reason);
        return reason;
    }

    /// <summary>The subfolders of a shared folder that hold <paramref name="file"/>, as theory rows; one null row where there are none, so that the test reports why.</summary>
    public static IEnumerable<string?> FoldersWith(string file, params string[] parts)
    {
        if (Root is null || System.IO.Path.Combine([Root, .. parts]) is not { } folder || !Directory.Exists(folder)) return [null];
        var found = Directory.EnumerateDirectories(folder)
            .Where(d => File.Exists(System.IO.Path.Combine(d, file)))
            .Select(d => (string?)System.IO.Path.GetFileName(d)).Order(StringComparer.Ordinal).ToList();
        return found.Count > 0 ? found : [null];
    }

    private static string? Find()
    {
        var named = Environment.GetEnvironmentVariable("LOQUAT_SHARED");
        if (!string.IsNullOrEmpty(named)) return Directory.Exists(named) ? System.IO.Path.GetFullPath(named) : null;
        var beside = System.IO.Path.Combine(RepositoryRoot, "..", "shared");
        return Directory.Exists(beside) ? System.IO.Path.GetFullPath(beside) : null;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Loquat.slnx"))) return folder.FullName;
        throw new InvalidOperationException($"no Loquat.slnx above {AppContext.BaseDirectory}");
    }
}
