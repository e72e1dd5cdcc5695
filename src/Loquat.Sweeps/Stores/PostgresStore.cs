using System.Data.Common;
using Npgsql;

namespace Loquat.Sweeps.Stores;

/// <summary>A study in a PostgreSQL database, which any machines share: a database a study.</summary>
/// <param name="address">`postgres://user:password@host:port/database`, or a connection string of Npgsql.</param>
public sealed class PostgresStore(string address) : DatabaseStore
{
    private const long Key = 0x6C6F71756174;

    private readonly NpgsqlConnectionStringBuilder _settings = Settings(address);

    protected override string Name => $"postgres://{_settings.Host}:{_settings.Port}/{_settings.Database}";

    /// <summary>Whether an address names such a database.</summary>
    public static bool Names(string address) => address.StartsWith("postgres://", StringComparison.Ordinal) || address.StartsWith("postgresql://", StringComparison.Ordinal) || address.Contains("Host=", StringComparison.OrdinalIgnoreCase);

    protected override DbConnection Open()
    {
        var connection = new NpgsqlConnection(_settings.ConnectionString);
        connection.Open();
        return connection;
    }

    protected override DbTransaction Lock(DbConnection connection)
    {
        var transaction = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = ($"SELECT pg_advisory_xact_lock({Key})", transaction);
        command.ExecuteNonQuery();
        return transaction;
    }

    private static NpgsqlConnectionStringBuilder Settings(string address)
    {
        try
        {
            if (!address.Contains("://", StringComparison.Ordinal)) return new(address);
            var uri = new Uri(address);
            var user = uri.UserInfo.Split(':', 2);
            var settings = new NpgsqlConnectionStringBuilder { Host = uri.Host, Port = uri.Port > 0 ? uri.Port : 5432, Database = uri.AbsolutePath.TrimStart('/') };
            if (user[0].Length > 0) settings.Username = Uri.UnescapeDataString(user[0]);
            if (user.Length > 1) settings.Password = Uri.UnescapeDataString(user[1]);
            return settings;
        }
        catch (Exception error) when (error is UriFormatException or ArgumentException)
        {
            throw new OptionsException($"the store '{address}' is no address of a database: {error.Message.TrimEnd('.')}. Write it as postgres://user:password@host:5432/database.", error);
        }
    }
}
