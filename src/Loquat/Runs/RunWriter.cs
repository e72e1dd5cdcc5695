using System.Globalization;
using Loquat.Reporting;

namespace Loquat.Runs;

/// <summary>
/// The right to write into a run's folder: one process at a time has it. The operating system holds the lock on the file `.writer.lock` and lets go of it when the
/// process ends, however it ends; readers need no lock, since every file of a run appears whole or grows by whole lines.
/// </summary>
public sealed class RunWriter : IDisposable
{
    private const string LockFile = ".writer.lock";
    private const string OwnerFile = ".writer";
    private const string Unknown = "another process";
    private const int Tries = 6;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(30);

    private readonly FileStream _lock;
    private readonly string _owner;

    private RunWriter(RunFolder folder, FileStream held)
    {
        (Folder, _lock, _owner) = (folder, held, Path.Combine(folder.Root, OwnerFile));
    }

    public RunFolder Folder { get; }

    /// <summary>Takes the lock, or says who has it.</summary>
    /// <param name="folder">Created where absent.</param>
    /// <param name="clock">Tells others since when. Default: the system's.</param>
    /// <returns>Dispose of it when done.</returns>
    /// <exception cref="OptionsException">Another process, or another writer of this one, is at work in the folder.</exception>
    /// <exception cref="MachineException">The folder cannot be written.</exception>
    public static RunWriter Open(RunFolder folder, TimeProvider? clock = null)
    {
        for (var tries = 1; ; tries++)
        {
            if (TryLock(folder) is { } held)
            {
                var writer = new RunWriter(folder, held);
                writer.Sign(clock ?? TimeProvider.System);
                return writer;
            }
            // Someone may only have looked whether the lock is free, or be removing it.
            if (tries == Tries) throw new OptionsException($"{folder.Root} is being written by {Owner(folder)}. Wait until it is done, stop it, or take another folder with --out.");
            Thread.Sleep(_pause);
        }
    }

    /// <summary>Who writes into a run's folder now; null where nobody does.</summary>
    public static string? OwnerOf(RunFolder folder)
    {
        var path = Path.Combine(folder.Root, LockFile);
        if (!File.Exists(path)) return null;
        try
        {
            using var free = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (IOException)
        {
            return Owner(folder);
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Lets go of the folder, and removes it where nothing was made in it.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(_owner);
            _lock.Dispose();
            if (Directory.Exists(Folder.Root) && !Directory.EnumerateFileSystemEntries(Folder.Root).Any()) Directory.Delete(Folder.Root);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The lock is gone with its handle; a file that stays says nothing.
        }
    }

    // Others are told who it is; a disk too full for that is told by what is written next.
    private void Sign(TimeProvider clock)
    {
        try
        {
            File.WriteAllText(_owner, string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName} since {clock.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>The lock; null where another has it.</summary>
    private static FileStream? TryLock(RunFolder folder)
    {
        var path = Path.Combine(folder.Root, LockFile);
        try
        {
            Directory.CreateDirectory(folder.Root);
            // FileShare.None is an exclusive lock of the file; deleting on close leaves nothing behind.
            var held = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            if (File.Exists(path)) return held;
            // A writer that ended in between deleted this very file: it is no lock any more.
            held.Dispose();
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            // A writer that made nothing has just removed the folder.
            return null;
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new MachineException($"{folder.Root}: cannot be written: {error.Message} Name another folder with --out.", error);
        }
    }

    private static string Owner(RunFolder folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder.Root, OwnerFile)) is { Length: > 0 } owner ? owner : Unknown;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Unknown;
        }
    }
}
