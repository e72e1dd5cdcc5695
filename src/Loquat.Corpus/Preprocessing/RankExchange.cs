using System.Text;
using Loquat.Text.Files;
using ZstdSharp;

namespace Loquat.Corpus.Preprocessing;

/// <summary>
/// What processes of one work tell each other: files in a folder that all of them see, each whole or not there. What a work that was stopped has left there holds for the next, for the same
/// work gives the same.
/// </summary>
internal sealed class RankExchange : IDisposable
{
    private const int Level = 1;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5); // without a sign of life of another process
    private static readonly TimeSpan _beat = TimeSpan.FromSeconds(15);

    private readonly string _folder;
    private readonly Launcher _launcher;
    private readonly TimeProvider _clock;
    private readonly CancellationToken _cancellation;
    private readonly DateTime[] _stopsBefore; // of each process, when an earlier work was stopped
    private readonly ITimer _beats;
    private readonly Lock _lock = new();
    private long _signs;
    private bool _isOver;

    /// <param name="folder">Named after the work.</param>
    public RankExchange(string folder, Launcher launcher, TimeProvider clock, CancellationToken cancellation)
    {
        (_folder, _launcher, _clock, _cancellation) = (folder, launcher, clock, cancellation);
        Directory.CreateDirectory(folder);
        foreach (var mark in (string[])["done", "stopped"]) File.Delete(Path.Combine(folder, $"{mark}-{launcher.Rank}")); // of a work that was stopped
        _stopsBefore = [.. Enumerable.Range(0, launcher.Ranks).Select(rank => File.GetLastWriteTimeUtc(Path.Combine(folder, $"stopped-{rank}")))];
        Live();
        _beats = clock.CreateTimer(_ => Live(), null, _beat, _beat);
    }

    // A file that changes again and again says that the process lives: the others would wait for ever for one that does not.
    private void Live()
    {
        try
        {
            lock (_lock)
                if (!_isOver) Mark("begun", $"{Environment.ProcessId} {++_signs}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next sign may come through; where none does, the others tell.
        }
    }

    /// <summary>Tells the others that this process stops, and why: they would wait for it.</summary>
    public void Stop(string reason)
    {
        try
        {
            Mark("stopped", reason);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // They miss its signs of life.
        }
    }

    public void Dispose()
    {
        _beats.Dispose();
        lock (_lock) _isOver = true;
    }

    public int Ranks => _launcher.Ranks;

    /// <summary>Whether a part of the work, counted through, is that of this process.</summary>
    public bool IsOwn(int number) => number % Ranks == _launcher.Rank;

    /// <summary>Gives a part to the others; one that is there already stays.</summary>
    public void Give(string name, Action<BinaryWriter> write)
    {
        if (IsThere(name)) return;
        AtomicFolder.WriteFile(Path.Combine(_folder, name), stream =>
        {
            using var writer = new BinaryWriter(new BufferedStream(new CompressionStream(stream, Level, leaveOpen: true), 1 << 16), Encoding.UTF8);
            write(writer);
        });
    }

    public bool IsThere(string name) => File.Exists(Path.Combine(_folder, name));

    /// <summary>Waits for a part and reads it.</summary>
    public T Take<T>(string name, int number, Func<BinaryReader, T> read)
    {
        Wait(name, number % Ranks);
        try
        {
            using var reader = new BinaryReader(new BufferedStream(new DecompressionStream(File.OpenRead(Path.Combine(_folder, name))), 1 << 16), Encoding.UTF8);
            return read(reader);
        }
        catch (Exception error) when (error is IOException or ZstdException or InvalidDataException)
        {
            throw new DataException($"{Path.Combine(_folder, name)}: cannot be read: {error.Message} Delete {_folder} and start all ranks again.", error);
        }
    }

    /// <summary>Says that this process needs nothing more; process 0 waits until all say so.</summary>
    public void Finish()
    {
        if (_launcher.Rank != 0)
        {
            Dispose(); // process 0 deletes the folder, in which nothing may be written then
            Mark("done");
            return;
        }
        for (var rank = 1; rank < Ranks; rank++) Wait($"done-{rank}", rank);
    }

    /// <summary>Deletes what they told each other.</summary>
    public void Delete()
    {
        Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A folder of this process alone.</summary>
    public string OwnFolder => Directory.CreateDirectory(Path.Combine(_folder, $"rank-{_launcher.Rank}")).FullName;

    private void Mark(string what, string text = "") => File.WriteAllText(Path.Combine(_folder, $"{what}-{_launcher.Rank}"), text);

    private string? Read(string name)
    {
        try
        {
            return IsThere(name) ? File.ReadAllText(Path.Combine(_folder, name)) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // it is being written
        }
    }

    private void Wait(string name, int rank)
    {
        var (heard, pause, sign) = (_clock.GetTimestamp(), 2, (string?)null);
        while (!IsThere(name))
        {
            if (Stopped(rank) is { } reason) throw new MachineException($"Process {rank} of {Ranks} has stopped{(reason.Length > 0 ? $": {reason}" : ".")} Start all of them again with the same command: what they have done holds.");
            if (Read($"begun-{rank}") is { Length: > 0 } now && now != sign) (heard, sign) = (_clock.GetTimestamp(), now);
            if (_clock.GetElapsedTime(heard) > _patience)
                throw new MachineException(sign is null
                    ? $"Process {rank} of {Ranks} has not begun within {_patience.TotalMinutes:0} minutes, or does not see {_folder}. Start all of them with the same command (mpirun, srun), with --out in a folder that they share."
                    : $"Nothing was heard of process {rank} of {Ranks} for {_patience.TotalMinutes:0} minutes: it has ended, or does not see {_folder}. Start all of them again with the same command: what they have done holds.");
            if (_cancellation.WaitHandle.WaitOne(pause)) _cancellation.ThrowIfCancellationRequested();
            pause = Math.Min(200, pause * 2);
        }
    }

    // What an earlier work has left says nothing of this one.
    private string? Stopped(int rank) => File.GetLastWriteTimeUtc(Path.Combine(_folder, $"stopped-{rank}")) == _stopsBefore[rank] ? null : Read($"stopped-{rank}");
}
