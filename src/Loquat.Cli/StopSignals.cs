using System.Runtime.InteropServices;

namespace Loquat.Cli;

/// <summary>
/// Ctrl+C and the signals with which a system ends programs. The first one asks the verb to stop: a run finishes its step and writes a checkpoint. A second Ctrl+C ends the process at once,
/// and so does the end of the time that the verb has to stop.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TimeSpan _timeToStop;
    private Timer? _end;
    private int _exitCode;

    /// <param name="timeToStop">How long the verb may take to stop.</param>
    public StopSignals(TimeSpan timeToStop)
    {
        _timeToStop = timeToStop;
        Register(PosixSignal.SIGINT, 130);
        Register(PosixSignal.SIGTERM, 143);
        Register(PosixSignal.SIGHUP, 129);
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>128 + the number of the signal that came first; that of Ctrl+C where none did.</summary>
    public int ExitCode => _exitCode == 0 ? 130 : _exitCode;

    private void Register(PosixSignal signal, int exitCode) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) != 0)
        {
            // The second time the default holds: the process ends. A supervisor may send SIGTERM more than once.
            context.Cancel = signal != PosixSignal.SIGINT;
            return;
        }
        context.Cancel = true;
        _end = new Timer(_ => Environment.Exit(ExitCode), null, _timeToStop, Timeout.InfiniteTimeSpan);
        _stop.Cancel();
    }));

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _end?.Dispose();
        _stop.Dispose();
    }
}
