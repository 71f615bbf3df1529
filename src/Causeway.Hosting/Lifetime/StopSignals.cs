using System.Runtime.InteropServices;

namespace Causeway.Hosting;

/// <summary>Counts SIGTERM, SIGINT and SIGQUIT. The first is the host's own business: it begins to stop. Any later one means "now".</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly Action _again;
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    private StopSignals(Action again, bool register)
    {
        _again = again;
        _registrations = register
            ? [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(signal => PosixSignalRegistration.Create(signal, _ => Count()))]
            : [];
    }

    public static StopSignals Watch(Action again, bool register = true) => new(again, register);

    public void Count()
    {
        if (Interlocked.Increment(ref _count) == 2)
        {
            _again();
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
