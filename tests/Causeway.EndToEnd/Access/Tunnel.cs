using System.Globalization;
using System.Net.Sockets;
using Causeway.Testing;

namespace Causeway.EndToEnd.Access;

/// <summary>A real socat that passes bytes on as they are.</summary>
internal sealed class Tunnel : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private Tunnel(ChildProcess process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts it and waits until it takes connections.</summary>
    public static async Task<Tunnel> StartAsync(Uri server, bool asAnotherUser)
    {
        var socat = Needs.Socat();
        var port = FreePort.Next();
        string[] command =
        [
            socat, string.Create(CultureInfo.InvariantCulture, $"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr"), $"TCP:127.0.0.1:{server.Port}",
        ];
        var process = asAnotherUser
            ? ChildProcess.Start(Needs.AnotherUser(), ["--reuid=65534", "--regid=65534", "--clear-groups", .. command])
            : ChildProcess.Start(command[0], command[1..]);
        var tunnel = new Tunnel(process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
        try
        {
            await AcceptsAsync(tunnel.Address, process);
            return tunnel;
        }
        catch
        {
            await tunnel.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until somebody listens at an address.</summary>
    public static Task AcceptsAsync(Uri address, ChildProcess process) => Eventually.True(
        async () =>
        {
            if (process.Process.HasExited)
            {
                throw new InvalidOperationException($"It exited with {process.Process.ExitCode}:\n{process.Text}");
            }

            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(address.Host, address.Port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        },
        what: $"somebody listens at {address}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _process.DisposeAsync();
}
