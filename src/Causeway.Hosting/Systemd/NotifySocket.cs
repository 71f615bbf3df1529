using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Tells systemd how the service is, by the datagram socket it names in <c>NOTIFY_SOCKET</c>. Without one, nothing is told.</summary>
internal sealed class NotifySocket
{
    private const string SocketVariable = "NOTIFY_SOCKET";
    private const string WatchdogVariable = "WATCHDOG_USEC";
    private const string WatchdogPidVariable = "WATCHDOG_PID";

    private readonly UnixDomainSocketEndPoint? _address;

    private NotifySocket(string? socket, TimeSpan? watchdogPeriod)
    {
        try
        {
            // A leading @ stands for the zero byte of an abstract name.
            _address = string.IsNullOrEmpty(socket) ? null : new UnixDomainSocketEndPoint(socket[0] == '@' ? '\0' + socket[1..] : socket);
        }
        catch (ArgumentException)
        {
            Unusable = socket;
        }

        WatchdogPeriod = _address is null ? null : watchdogPeriod;
    }

    /// <summary>What it was named as, where that can't be the name of a socket; nobody is told then.</summary>
    public string? Unusable { get; }

    /// <summary>Whether anybody listens.</summary>
    public bool IsThere => _address is not null;

    /// <summary>Within which systemd wants a sign of life; null where it wants none.</summary>
    public TimeSpan? WatchdogPeriod { get; }

    /// <summary>Reads what systemd set and takes it out of the environment: a child that finds it could speak for the service.</summary>
    public static NotifySocket FromEnvironment()
    {
        var socket = Take(SocketVariable);
        var period = Take(WatchdogVariable);
        var pid = Take(WatchdogPidVariable);
        var isOurs = pid is null || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return new NotifySocket(
            socket, isOurs && long.TryParse(period, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0 ? TimeSpan.FromMicroseconds(microseconds) : null);
    }

    /// <summary>Sends assignments, one to a line. A manager that does not take them is logged, no more.</summary>
    public void Send(ILogger logger, params ReadOnlySpan<string> assignments)
    {
        if (_address is null)
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = 1_000 };
            socket.SendTo(Encoding.UTF8.GetBytes(string.Join('\n', assignments)), _address);
        }
        catch (SocketException exception)
        {
            logger.ServiceManagerNotTold(assignments[0], exception);
        }
    }

    private static string? Take(string name)
    {
        var value = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, null);
        return value;
    }
}
