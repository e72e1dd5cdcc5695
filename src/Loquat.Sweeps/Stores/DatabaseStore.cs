using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Loquat.Sweeps.Spaces;
using Loquat.Sweeps.Trials;

namespace Loquat.Sweeps.Stores;

/// <summary>
/// A study in a database: one row a trial, each with the number of its last change, so that a reader fetches what is new only. Decisions are made one at a time, under the
/// database's own lock.
/// </summary>
public abstract class DatabaseStore : StudyStore
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private readonly Lock _gate = new();
    private readonly List<Trial> _known = [];
    private long _version;

    /// <summary>How the store is called in errors.</summary>
    protected abstract string Name { get; }

    /// <summary>An open connection.</summary>
    protected abstract DbConnection Open();

    /// <summary>A transaction that no other decision runs beside.</summary>
    protected abstract DbTransaction Lock(DbConnection connection);

    public override void Begin(string definition) => Guarded(() =>
    {
        using var connection = Open();
        using var transaction = Lock(connection);
        Execute(transaction, "CREATE TABLE IF NOT EXISTS loquat_study (id INTEGER PRIMARY KEY, definition TEXT NOT NULL)");
        Execute(transaction, "CREATE TABLE IF NOT EXISTS loquat_trial (number INTEGER PRIMARY KEY, version BIGINT NOT NULL, configuration TEXT NOT NULL, trial TEXT NOT NULL)");
        using (var command = Command(transaction, "SELECT definition FROM loquat_study WHERE id = 1"))
        {
            if (command.ExecuteScalar() is string there)
                return there == definition ? 0 : throw new OptionsException($"{Name} holds another study: its recipe, space, objective or method differ. Give back the sweep file that it began with, or name another store.");
        }
        Execute(transaction, "INSERT INTO loquat_study (id, definition) VALUES (1, @definition)", ("definition", definition));
        transaction.Commit();
        return 0;
    });

    public override T Decide<T>(Func<IReadOnlyList<Trial>, (T Result, IReadOnlyList<Trial> Changed)> decide) => Guarded(() =>
    {
        using var connection = Open();
        using var transaction = Lock(connection);
        Refresh(transaction);
        var (result, changed) = decide([.. _known]);
        var version = _version;
        foreach (var trial in changed)
        {
            var values = JsonSerializer.Serialize(trial.Configuration.Values.Select(v => new[] { v.Key, v.Value }));
            Execute(transaction, "INSERT INTO loquat_trial (number, version, configuration, trial) VALUES (@number, @version, @configuration, @trial) ON CONFLICT (number) DO UPDATE SET version = excluded.version, trial = excluded.trial",
                ("number", trial.Number), ("version", ++version), ("configuration", values), ("trial", JsonSerializer.Serialize(StoredTrial.Of(trial), _json)));
        }
        if (changed.Count > 0) transaction.Commit();
        return result;
    });

    private void Refresh(DbTransaction transaction)
    {
        using var command = Command(transaction, "SELECT number, version, configuration, trial FROM loquat_trial WHERE version > @version ORDER BY number", ("version", _version));
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            var number = reader.GetInt32(0);
            _version = Math.Max(_version, reader.GetInt64(1));
            var configuration = new Configuration([.. JsonSerializer.Deserialize<string[][]>(reader.GetString(2))!.Select(v => new KeyValuePair<string, string>(v[0], v[1]))]);
            var trial = JsonSerializer.Deserialize<StoredTrial>(reader.GetString(3), _json)!.With(configuration);
            if (number < _known.Count) _known[number] = trial;
            else _known.Add(trial);
        }
    }

    private static DbCommand Command(DbTransaction transaction, string text, params (string Name, object Value)[] parameters)
    {
        var command = transaction.Connection!.CreateCommand();
        (command.CommandText, command.Transaction) = (text, transaction);
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }
        return command;
    }

    private static void Execute(DbTransaction transaction, string text, params (string Name, object Value)[] parameters)
    {
        using var command = Command(transaction, text, parameters);
        command.ExecuteNonQuery();
    }

    // A worker's signs of life come from another thread than its losses.
    private T Guarded<T>(Func<T> work)
    {
        try
        {
            lock (_gate) return work();
        }
        catch (Exception error) when (error is DbException or IOException or UnauthorizedAccessException or JsonException)
        {
            throw new MachineException($"{Name}: the study cannot be read or written: {error.Message.TrimEnd('.')}. What was decided before stands; start the sweep again when the store is back.", error);
        }
    }

    /// <summary>A trial as its row holds it, beside its configuration.</summary>
    private sealed record StoredTrial(
        int Number, TrialState State, IReadOnlyList<TrialReport> Reports, long Until, int Bracket, int Rung, string? Worker, DateTimeOffset Heartbeat, double Seconds, string? Error, long Tokens, int? Parent = null)
    {
        public static StoredTrial Of(Trial trial) => new(trial.Number, trial.State, trial.Reports, trial.Until, trial.Bracket, trial.Rung, trial.Worker, trial.Heartbeat, trial.Seconds, trial.Error, trial.Tokens, trial.Parent);

        public Trial With(Configuration configuration) => new()
        {
            Number = Number,
            Configuration = configuration,
            State = State,
            Reports = Reports,
            Until = Until,
            Bracket = Bracket,
            Rung = Rung,
            Worker = Worker,
            Heartbeat = Heartbeat,
            Seconds = Seconds,
            Error = Error,
            Tokens = Tokens,
            Parent = Parent,
        };
    }
}
