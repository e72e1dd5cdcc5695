namespace Loquat.Native;

/// <summary>Which files the dynamic linker has mapped into this process (Linux).</summary>
internal static class LoadedLibraries
{
    /// <summary>The path of the first mapped library whose file name starts so, or null.</summary>
    public static string? Find(params ReadOnlySpan<string> prefixes)
    {
        if (!OperatingSystem.IsLinux()) return null;
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            // address permissions offset device inode path
            var at = line.IndexOf('/', StringComparison.Ordinal);
            if (at < 0) continue;
            var path = line[at..];
            var name = Path.GetFileName(path.AsSpan());
            foreach (var prefix in prefixes)
                if (name.StartsWith(prefix, StringComparison.Ordinal)) return path;
        }
        return null;
    }
}
