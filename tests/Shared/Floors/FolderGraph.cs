namespace Loquat.Tests;

/// <summary>Which folder uses which, each arrow with one place where it does.</summary>
internal sealed class FolderGraph
{
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _arrows = new(StringComparer.Ordinal);

    public IEnumerable<string> Folders => _arrows.Keys;

    public void AddFolder(string folder) => Uses(folder);

    public void Add(string from, string to, string place)
    {
        AddFolder(to);
        if (from != to) Uses(from).TryAdd(to, place);
    }

    /// <summary>The arrows of a circle, each with its place; empty where there is none.</summary>
    public IReadOnlyList<string> Circle()
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var folder in Folders)
            if (Circle(folder, [], done) is { Count: > 0 } circle) return circle;
        return [];
    }

    /// <summary>What is wrong with the arrows under an order of floors: from a folder to one that does not stand below it, and folders without a floor.</summary>
    /// <param name="floors">From the ground up; folders of one floor do not know each other.</param>
    public IReadOnlyList<string> Faults(IReadOnlyList<IReadOnlyList<string>> floors)
    {
        var faults = new List<string>();
        var floorOf = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var floor = 0; floor < floors.Count; floor++)
            foreach (var folder in floors[floor])
                if (!floorOf.TryAdd(folder, floor)) faults.Add($"{folder} stands on two floors");
        faults.AddRange(Folders.Where(folder => !floorOf.ContainsKey(folder)).Select(folder => $"{folder} has no floor"));
        faults.AddRange(floorOf.Keys.Except(Folders, StringComparer.Ordinal).Select(folder => $"{folder} has a floor and no sources"));
        foreach (var (from, uses) in _arrows)
            foreach (var (to, place) in uses)
                if (floorOf.TryGetValue(from, out var high) && floorOf.TryGetValue(to, out var low) && low >= high) faults.Add(Arrow(from, to, place));
        return faults;
    }

    private IReadOnlyList<string> Circle(string folder, List<string> path, HashSet<string> done)
    {
        if (path.IndexOf(folder) is >= 0 and var start)
            return [.. path[start..].Zip([.. path[(start + 1)..], folder], (from, to) => Arrow(from, to, _arrows[from][to]))];
        if (done.Contains(folder)) return [];
        path.Add(folder);
        foreach (var to in _arrows[folder].Keys)
            if (Circle(to, path, done) is { Count: > 0 } circle) return circle;
        path.RemoveAt(path.Count - 1);
        done.Add(folder);
        return [];
    }

    private SortedDictionary<string, string> Uses(string folder)
    {
        if (!_arrows.TryGetValue(folder, out var uses)) _arrows[folder] = uses = new(StringComparer.Ordinal);
        return uses;
    }

    private static string Arrow(string from, string to, string place) => $"{from} uses {to}: {place}";
}
