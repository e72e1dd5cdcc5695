using System.Globalization;
using Loquat.Sweeps.Samplers;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Stores;
using Loquat.Sweeps.Trials;
using Loquat.Tests;
using Npgsql;

namespace Loquat.Sweeps.Tests.Stores;

/// <summary>A study that many workers share in PostgreSQL: whoever dies, and when the database itself does.</summary>
public sealed class PostgresStoreTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static readonly SearchSpace _space = new([new RealParameter("x", 0, 1), new ChoiceParameter("c", ["a, b", "ü \"1\""])]);

    [Fact]
    public async Task Eight_workers_that_die_by_chance_leave_200_trials_done_once()
    {
        const int Most = 200;
        var address = Database("shared");
        var dead = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        var done = new System.Collections.Concurrent.ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            var random = new Random(worker);
            for (var life = 0; ; life++)
            {
                using var store = new PostgresStore(address);
                store.Begin("the same");
                var study = new Study(store, _space, new() { MaxTrials = Most, Seed = 1 }, new RandomSampler()) { IsGone = trial => dead.ContainsKey(trial.Worker!) };
                try
                {
                    while (true)
                    {
                        // Cut off between its reading and its writing: nothing of it may stand.
                        if (random.NextDouble() < 0.05) store.Decide<int>(trials => throw new Killed());
                        var (trial, over) = study.Ask($"{worker}.{life}");
                        if (over) return;
                        if (trial is null)
                        {
                            Thread.Sleep(5);
                            continue;
                        }
                        if (random.NextDouble() < 0.1) throw new Killed();
                        if (study.Tell(trial, double.Parse(trial.Configuration["x"], CultureInfo.InvariantCulture)) == Verdict.GoOn) done.Add(trial.Number);
                    }
                }
                catch (Killed)
                {
                    // Another begins in its place.
                    dead[$"{worker}.{life}"] = true;
                }
            }
        }, TestContext.Current.CancellationToken)));
        done.Order().Should().Equal(Enumerable.Range(0, Most));
        using var again = new PostgresStore(address);
        var trials = again.Trials;
        trials.Should().HaveCount(Most).And.OnlyContain(t => t.State == TrialState.Finished);
        trials.Select(t => t.Configuration["c"]).Distinct().Should().BeEquivalentTo("a, b", "ü \"1\"");
        again.Invoking(s => s.Begin("another")).Should().Throw<OptionsException>().WithMessage("*another study*").Which.Message.Should().NotContain("loquat@");
    }

    [Fact]
    public void A_database_that_goes_down_is_told_of_in_one_error_and_nothing_is_lost()
    {
        var address = Database("down");
        using var store = new PostgresStore(address);
        store.Begin("a");
        var study = new Study(store, _space, new() { MaxTrials = 3 }, new RandomSampler());
        study.Tell(study.Ask("w").Trial!, 0.5);
        var trial = study.Ask("w").Trial!;
        server.Kill();
        try
        {
            study.Invoking(s => s.Tell(trial, 0.25)).Should().Throw<MachineException>().WithMessage("postgres://127.0.0.1:*/down: the study cannot be read or written: *start the sweep again when the store is back.");
            using var late = new PostgresStore(address);
            late.Invoking(s => s.Begin("a")).Should().Throw<MachineException>();
        }
        finally
        {
            server.Start();
        }
        // The same worker goes on, and so does a new one.
        study.Tell(trial, 0.25).Should().Be(Verdict.GoOn);
        using var fresh = new PostgresStore(address);
        fresh.Begin("a");
        fresh.Trials.Select(t => (t.State, t.Loss)).Should().Equal((TrialState.Finished, 0.5), (TrialState.Finished, 0.25));
    }

    [Theory]
    [InlineData("postgres://nobody@127.0.0.1:1/none", "*postgres://127.0.0.1:1/none: the study cannot be read or written*")]
    public void A_database_that_is_not_there_is_said_so(string address, string message)
    {
        using var store = new PostgresStore(address);
        store.Invoking(s => s.Begin("a")).Should().Throw<MachineException>().WithMessage(message);
    }

    [Fact]
    public void An_address_that_is_none_is_refused() =>
        FluentActions.Invoking(() => new PostgresStore("postgres://:::")).Should().Throw<OptionsException>().WithMessage("*Write it as postgres://user:password@host:5432/database.");

    private string Database(string name)
    {
        var builder = new UriBuilder(server.Address());
        using var connection = new NpgsqlConnection($"Host={builder.Host};Port={builder.Port};Username={builder.UserName};Database=postgres;Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE {name}";
        command.ExecuteNonQuery();
        return server.Address(name);
    }

    private sealed class Killed : Exception;
}
