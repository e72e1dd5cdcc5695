using System.Text;
using Loquat.Text.Files;
using ZstdSharp;

namespace Loquat.Corpus.Preprocessing;

/// <summary>
/// What processes of one work tell each other: files in a folder that all of them see, each whole or not there. What a work that was stopped has left there holds for the next, for the same
/// work gives the same.
/// </summary>
internal sealed class RankExchange
{
    private const int Level = 1;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);

    private readonly string _folder;
    private readonly Launcher _launcher;
    private readonly TimeProvider _clock;
    private readonly CancellationToken _cancellation;

    /// <param name="folder">Named after the work.</param>
    public RankExchange(string folder, Launcher launcher, TimeProvider clock, CancellationToken cancellation)
    {
        (_folder, _launcher, _clock, _cancellation) = (folder, launcher, clock, cancellation);
        Directory.CreateDirectory(folder);
        File.Delete(Path.Combine(folder, $"done-{launcher.Rank}")); // of a work that was stopped
        Mark("begun");
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
        Mark("done");
        if (_launcher.Rank != 0) return;
        for (var rank = 1; rank < Ranks; rank++) Wait($"done-{rank}", rank);
    }

    /// <summary>Deletes what they told each other.</summary>
    public void Delete() => Directory.Delete(_folder, recursive: true);

    /// <summary>A folder of this process alone.</summary>
    public string OwnFolder => Directory.CreateDirectory(Path.Combine(_folder, $"rank-{_launcher.Rank}")).FullName;

    private void Mark(string what) => File.WriteAllText(Path.Combine(_folder, $"{what}-{_launcher.Rank}"), "");

    private void Wait(string name, int rank)
    {
        var (begun, pause) = (_clock.GetTimestamp(), 2);
        while (!IsThere(name))
        {
            if (!IsThere($"begun-{rank}") && _clock.GetElapsedTime(begun) > _patience) throw new MachineException($"Process {rank} of {Ranks} has not begun within {_patience.TotalMinutes:0} minutes, or does not see {_folder}. Start all of them with the same command (mpirun, srun), with --out in a folder that they share.");
            if (_cancellation.WaitHandle.WaitOne(pause)) _cancellation.ThrowIfCancellationRequested();
            pause = Math.Min(200, pause * 2);
        }
    }
}
