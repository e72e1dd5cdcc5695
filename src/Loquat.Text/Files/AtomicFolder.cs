namespace Loquat.Text.Files;

/// <summary>Folders and files that appear whole or not at all: written under a temporary name beside the target, then renamed.</summary>
public static class AtomicFolder
{
    /// <summary>Writes a folder with <paramref name="write"/> and puts it in place of <paramref name="path"/>.</summary>
    /// <param name="write">Given the temporary folder; what it throws leaves the old folder as it was.</param>
    /// <exception cref="MachineException">The disk is full or the place cannot be written.</exception>
    public static void Write(string path, Action<string> write)
    {
        path = Full(path);
        var temporary = $"{path}.writing";
        var previous = $"{path}.previous";
        try
        {
            Recover(path);
            Delete(temporary);
            Directory.CreateDirectory(temporary);
            write(temporary);
            if (Directory.Exists(path)) Directory.Move(path, previous);
            Directory.Move(temporary, path);
            Delete(previous);
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            Discard(temporary);
            throw new MachineException($"{path}: cannot be written: {error.Message} Free some space or name another folder; what was there before is whole.", error);
        }
        catch
        {
            Discard(temporary);
            throw;
        }
    }

    /// <summary>Puts back the old folder where a kill came between the two renames.</summary>
    public static void Recover(string path)
    {
        path = Full(path);
        var previous = $"{path}.previous";
        if (!Directory.Exists(previous)) return;
        if (Directory.Exists(path)) Delete(previous);
        else Directory.Move(previous, path);
    }

    // A separator at the end would put the folder's temporary names into itself.
    private static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <summary>
    /// Writes one file, which appears whole or not at all and keeps the rights of the one it replaces. What is no file of its own is written through and stays what it was: a device, a pipe, the
    /// file behind a link.
    /// </summary>
    /// <exception cref="MachineException">The disk is full or the place cannot be written.</exception>
    public static void WriteFile(string path, Action<Stream> write)
    {
        string? temporary = null;
        try
        {
            var target = FileTarget.Resolve(path);
            if (Directory.Exists(target)) throw new IOException("it is a folder.");
            if (FileTarget.IsDevice(target))
            {
                using var device = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1 << 16);
                write(device);
                device.Flush();
                return;
            }
            var replaces = File.Exists(target);
            // A file that must not be written could still be replaced: the folder's rights would count.
            if (replaces) File.Open(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();
            temporary = $"{target}.writing";
            using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            if (replaces && !OperatingSystem.IsWindows()) File.SetUnixFileMode(temporary, File.GetUnixFileMode(target));
            if (replaces && FileTarget.HasOtherNames(target)) File.Copy(temporary, target, overwrite: true);
            else File.Move(temporary, target, overwrite: true);
        }
        catch (Exception error) when (DiskFault.Is(error))
        {
            throw new MachineException($"{path}: cannot be written: {error.Message} Free some space or name another place.", error);
        }
        finally
        {
            if (temporary is not null) File.Delete(temporary);
        }
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private static void Discard(string folder)
    {
        try
        {
            Delete(folder);
        }
        catch (IOException)
        {
            // The first error is the one to tell.
        }
    }
}
