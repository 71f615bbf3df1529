using System.Runtime.InteropServices;

namespace Causeway.Hosting;

/// <summary>Counts SIGTERM, SIGINT and SIGQUIT. The first begins the stop, also while the host itself does not listen for signals yet. Any later one means "now".</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly Action _first;
    private readonly Action _again;
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    private StopSignals(Action first, Action again, bool register)
    {
        (_first, _again) = (first, again);
        _registrations = register
            ? [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT }.Select(signal => PosixSignalRegistration.Create(signal, Take))]
            : [];
    }

    public static StopSignals Watch(Action first, Action again, bool register = true) => new(first, again, register);

    public void Count()
    {
        switch (Interlocked.Increment(ref _count))
        {
            case 1:
                _first();
                break;
            case 2:
                _again();
                break;
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Take(PosixSignalContext context)
    {
        // Else the process would end right here.
        context.Cancel = true;
        Count();
    }
}
