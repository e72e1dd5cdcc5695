using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Loquat.Tests;

/// <summary>A PostgreSQL server of the tests' own, on loopback, in a temporary folder. Where there is none, or it may not run (as root without another user), tests are skipped with the reason.</summary>
public sealed class PostgresServer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loquat-postgres-").FullName;
    private readonly int _port = FreePort();
    private readonly string? _user;
    private readonly string? _fault;

    public PostgresServer()
    {
        _user = Environment.IsPrivilegedProcess ? ((string[])["postgres", "nobody"]).FirstOrDefault(user => Shell($"runuser -u {user} -- true")) : null;
        _fault = OperatingSystem.IsWindows() ? "PostgreSQL is tested on Linux and macOS"
            : !Shell("command -v initdb && command -v pg_ctl") ? "initdb and pg_ctl (PostgreSQL) are not on the PATH"
            : Environment.IsPrivilegedProcess && _user is null ? "PostgreSQL does not run as root, and there is no other user to run it as"
            : !Shell(_user is null ? "true" : $"chown {_user} '{_folder}'") || !AsUser($"initdb -D '{Data}' -U loquat -A trust -E UTF8 --locale=C --no-sync") ? "initdb failed"
            : null;
        if (_fault is null) Start();
    }

    private string Data => Path.Combine(_folder, "data");

    /// <summary>The address of a database as a sweep names it. `postgres` is always there.</summary>
    public string Address(string database = "postgres")
    {
        if (_fault is not null) Assert.Skip(_fault);
        return $"postgres://loquat@127.0.0.1:{_port}/{database}";
    }

    public void Start()
    {
        if (!AsUser($"pg_ctl -D '{Data}' -l '{_folder}/log' -w -t 60 -o '-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={_folder} -c fsync=off -c max_connections=60' start"))
            throw new InvalidOperationException($"PostgreSQL does not start: {(File.Exists(Path.Combine(_folder, "log")) ? File.ReadAllText(Path.Combine(_folder, "log")) : "no log")}");
    }

    /// <summary>As a power cut does it: connections break.</summary>
    public void Kill() => AsUser($"pg_ctl -D '{Data}' -m immediate -w stop");

    public void Dispose()
    {
        if (_fault is null) Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private bool AsUser(string command) => Shell(_user is null ? command : $"cd '{_folder}' && runuser -u {_user} -- {command}");

    private static bool Shell(string command)
    {
        if (OperatingSystem.IsWindows()) return false;
        // Not redirected here: the server would keep the pipes of its parent open.
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", $"{{ {command}; }} > /dev/null 2>&1 < /dev/null"]))!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
