namespace Loquat.Native;

/// <summary>Where files live that can be made again: `LOQUAT_CACHE`, else the platform's cache folder (`$XDG_CACHE_HOME/loquat`, `~/.cache/loquat`).</summary>
public static class CacheFolder
{
    /// <summary>The folder; it need not exist yet. Null where there is no place for it: no home folder.</summary>
    public static string? Path
    {
        get
        {
            if (Environment.GetEnvironmentVariable("LOQUAT_CACHE") is { Length: > 0 } own) return System.IO.Path.GetFullPath(own);
            if (OperatingSystem.IsWindows())
                return System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "loquat");
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
            if (OperatingSystem.IsMacOS() && home.Length > 0) return System.IO.Path.Combine(home, "Library", "Caches", "loquat");
            // The XDG base directory specification has relative paths ignored.
            var caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (System.IO.Path.IsPathRooted(caches)) return System.IO.Path.Combine(caches, "loquat");
            return System.IO.Path.IsPathRooted(home) ? System.IO.Path.Combine(home, ".cache", "loquat") : null;
        }
    }

    /// <summary>Writes a file so that a reader sees all of it or none of it, also when several processes write it at once.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            // Also where the folder itself could not be made.
            if (File.Exists(temporary)) File.Delete(temporary);
        }
    }
}
