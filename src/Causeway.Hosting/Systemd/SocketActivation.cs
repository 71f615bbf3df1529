using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Causeway.Hosting;

/// <summary>Sockets that a service manager hands over (systemd's socket activation): the way to restart without one refused connection.</summary>
public static class SocketActivation
{
    private const int FirstDescriptor = 3;
    private const int MostDescriptors = 128;
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;

    private static readonly string[] Variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"];

    /// <summary>
    /// Takes what was handed over, once. Call it first of all, before any process is started: until then a child would inherit the sockets, and keep
    /// the port when this process is gone. The variables are removed from the environment.
    /// </summary>
    /// <returns>The sockets; none where this process was started in another way.</returns>
    /// <exception cref="InvalidDataException">Something else than listening stream sockets was handed over, such as single connections (<c>Accept=yes</c>).</exception>
    public static IReadOnlyList<ActivatedSocket> Take()
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var values = Array.ConvertAll(Variables, Environment.GetEnvironmentVariable);
        foreach (var variable in Variables)
        {
            // The platform keeps a copy of the environment; native code that starts a process sees the other one.
            Environment.SetEnvironmentVariable(variable, null);
            _ = RemoveVariable(variable);
        }

        var isForUs = int.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid == Environment.ProcessId;
        if (!isForUs || !int.TryParse(values[1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > MostDescriptors)
        {
            return [];
        }

        // All of them first: what fails below must not leave one behind for a child.
        for (var i = 0; i < count; i++)
        {
            _ = ControlDescriptor(FirstDescriptor + i, SetDescriptorFlags, CloseOnExec);
        }

        var names = values[2]?.Split(':') ?? [];
        return [.. Enumerable.Range(0, count).Select(i => Adopt(FirstDescriptor + i, i < names.Length ? names[i] : ""))];
    }

    private static ActivatedSocket Adopt(int descriptor, string name)
    {
        var what = name.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"descriptor {descriptor}") : $"socket {name}";
        try
        {
            var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            if (socket.SocketType != SocketType.Stream || socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is not (int and not 0))
            {
                throw new InvalidDataException($"The service manager handed over {what}, which does not accept connections. Use ListenStream= and Accept=no.");
            }

            if (socket.AddressFamily != AddressFamily.Unix)
            {
                // What an earlier process left set on the shared socket, its connections would inherit: an answer cut by a reset.
                socket.LingerState = new LingerOption(enable: false, seconds: 0);
            }

            return new ActivatedSocket(name, socket);
        }
        catch (SocketException exception)
        {
            throw new InvalidDataException($"The service manager handed over {what}, which is no usable socket: {exception.Message}", exception);
        }
    }

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ControlDescriptor(int descriptor, int command, int argument);

    [DllImport("libc", EntryPoint = "unsetenv", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int RemoveVariable([MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
