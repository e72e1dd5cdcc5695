using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Loquat.Sweeps.Stores;

/// <summary>A study in a file, which the processes of one machine share.</summary>
/// <param name="path">Made where it is not.</param>
public sealed class SqliteStore(string path) : DatabaseStore
{
    private const int SecondsToWait = 60;

    protected override string Name => path;

    protected override DbConnection Open()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = SecondsToWait, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    // Serializable is SQLite's BEGIN IMMEDIATE here: who would write waits before reading, not after.
    protected override DbTransaction Lock(DbConnection connection) => connection.BeginTransaction(IsolationLevel.Serializable);
}
