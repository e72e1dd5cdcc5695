using Loquat.Reporting;
using Loquat.Text.Files;

namespace Loquat.Sweeping;

/// <summary>A trial that goes on from the checkpoint of another, whose folder stays as it is.</summary>
internal static class Inheritance
{
    /// <summary>Puts what a run goes on from into the folder of a trial, once. The checkpoints come last, and whole: where they are, all is.</summary>
    /// <exception cref="CheckpointException">The other trial's checkpoint is not there.</exception>
    public static void Take(RunFolder from, RunFolder folder)
    {
        AtomicFolder.Recover(folder.Checkpoints);
        if (Directory.Exists(folder.Last)) return;
        if (!Directory.Exists(from.Last)) throw new CheckpointException($"{from.Last}: the checkpoint that the trial goes on from is not there. The workers of a population share the sweep's folder.");
        Directory.CreateDirectory(folder.Root);
        foreach (var file in Directory.EnumerateFiles(from.Root).Where(file => Path.GetFileName(file) is "recipe.lock.yaml" or "metrics.jsonl" || Path.GetExtension(file) is ".safetensors"))
            File.Copy(file, Path.Combine(folder.Root, Path.GetFileName(file)), overwrite: true);
        AtomicFolder.Write(folder.Checkpoints, temporary => Copy(from.Checkpoints, temporary));
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        // What was being written when a process ended is no checkpoint.
        foreach (var part in (string[])["last", "best"])
        {
            if (!Directory.Exists(Path.Combine(from, part))) continue;
            Directory.CreateDirectory(Path.Combine(to, part));
            Copy(Path.Combine(from, part), Path.Combine(to, part));
        }
    }
}
