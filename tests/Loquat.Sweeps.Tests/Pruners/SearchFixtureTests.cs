using System.Text.Json;
using Loquat.Sweeps.Pruners;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Trials;
using Loquat.Tests;

namespace Loquat.Sweeps.Tests.Pruners;

/// <summary>Brackets, promotions and stops as the papers have them: every case of the fixture, told apart by what it holds.</summary>
public sealed class SearchFixtureTests
{
    private static readonly Configuration _nothing = new([]);

    public static TheoryData<string?> Cases
    {
        get
        {
            if (SharedFolder.Root is not { } root || Path.Combine(root, "fixtures", "training", "search.json") is var path && !File.Exists(path)) return [(string?)null];
            using var json = JsonDocument.Parse(File.ReadAllText(path));
            return [.. json.RootElement.GetProperty("cases").EnumerateObject().Select(c => (string?)c.Name)];
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void As_the_reference(string? name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(SharedFolder.Require("fixtures", "training", "search.json")));
        var given = json.RootElement.GetProperty("cases").GetProperty(name!);
        if (given.TryGetProperty("brackets", out var brackets)) Brackets(given, brackets);
        else if (given.TryGetProperty("promotions", out var promotions)) Promotions(given, promotions);
        else if (given.TryGetProperty("jobs", out var jobs)) Jobs(given, jobs);
        else if (given.TryGetProperty("stopped_at", out var stopped)) Stops(given, stopped);
        else Assert.Fail($"{name} is of a kind that is not known here");
    }

    private static void Brackets(JsonElement given, JsonElement brackets)
    {
        var found = Hyperband.Brackets(given.GetProperty("R").GetInt64(), given.GetProperty("eta").GetInt32());
        found.Select(b => (b.Number, b.Trials)).Should().Equal(brackets.EnumerateArray().Select(b => (b.GetProperty("s").GetInt32(), b.GetProperty("n").GetInt32())));
        foreach (var (bracket, expected) in found.Zip(brackets.EnumerateArray()))
            bracket.Rungs.Should().Equal(expected.GetProperty("rungs").EnumerateArray().Select(r => (r.GetProperty("trials").GetInt32(), r.GetProperty("resource").GetDouble())));
    }

    private static void Promotions(JsonElement given, JsonElement promotions)
    {
        var scores = given.GetProperty("scores").EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetDouble()).ToArray()).ToArray();
        int[] on = [.. Enumerable.Range(0, scores.Length)];
        foreach (var rung in promotions.EnumerateArray())
        {
            on.Should().Equal(Numbers(rung.GetProperty("trials")));
            var at = rung.GetProperty("rung").GetInt32();
            on = [.. SuccessiveHalving.Promoted([.. on.Select(trial => scores[trial][at])], given.GetProperty("eta").GetInt32()).Select(place => on[place])];
            on.Should().Equal(Numbers(rung.GetProperty("kept")));
        }
    }

    private static void Jobs(JsonElement given, JsonElement jobs)
    {
        var (eta, rungs, most) = (given.GetProperty("eta").GetInt32(), given.GetProperty("rungs").GetInt32(), given.GetProperty("trials").GetInt32());
        var pruner = new Asha { Eta = eta, Rungs = rungs };
        var resource = (long)Math.Pow(eta, rungs - 1);
        List<Trial> trials = [];
        foreach (var expected in jobs.EnumerateArray())
        {
            var job = pruner.Next(trials, most, resource).Job!;
            (job.Trial ?? trials.Count, job.Rung).Should().Be((expected.GetProperty("trial").GetInt32(), expected.GetProperty("rung").GetInt32()));
            var trial = job.Trial is { } number ? trials[number] : new Trial { Number = trials.Count, Configuration = _nothing };
            trial = trial with
            {
                Rung = job.Rung,
                State = job.Rung == rungs - 1 ? TrialState.Finished : TrialState.Paused,
                Reports = [.. trial.Reports, new(job.Until, expected.GetProperty("score").GetDouble())],
            };
            if (job.Trial is null) trials.Add(trial);
            else trials[trial.Number] = trial;
        }
    }

    private static void Stops(JsonElement given, JsonElement stopped)
    {
        var values = given.GetProperty("values").EnumerateArray().Select(row => row.EnumerateArray().Select(v => v.GetDouble()).ToArray()).ToArray();
        var pruner = new MedianPruner { FirstReport = given.GetProperty("first_step").GetInt32(), FirstTrial = given.GetProperty("first_trial").GetInt32() };
        // Earlier trials count with all that they would have reported.
        List<Trial> trials = [.. values.Select((row, number) => new Trial { Number = number, Configuration = _nothing, Reports = [.. row.Select((v, step) => new TrialReport(step + 1, v))] })];
        for (var number = 0; number < values.Length; number++)
        {
            var at = Enumerable.Range(0, values[number].Length).Cast<int?>().FirstOrDefault(step => pruner.Stops(trials[number] with { Reports = [.. trials[number].Reports.Take(step!.Value + 1)] }, trials));
            at.Should().Be(stopped[number].ValueKind == JsonValueKind.Null ? null : stopped[number].GetInt32(), $"of trial {number}");
        }
    }

    private static IEnumerable<int> Numbers(JsonElement list) => list.EnumerateArray().Select(n => n.GetInt32());
}
