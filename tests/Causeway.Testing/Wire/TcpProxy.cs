using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Causeway.Testing;

/// <summary>A line between a client and a server that a test can cut: silently, as a network that loses everything, in one direction only, or with a reset.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly EndPoint _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, Socket> _lines = new();
    private readonly Gate _toServer = new();
    private readonly Gate _toClient = new();
    private readonly Task _accepting;

    private TcpProxy(EndPoint target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where clients connect to, on the loopback address.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Connections there are now.</summary>
    public int Lines => _lines.Count;

    /// <summary>Passes everything on, at first.</summary>
    /// <param name="target">The server; a Unix socket, too.</param>
    public static TcpProxy Start(EndPoint target) => new(target);

    /// <summary>Passes on to a port of the loopback address.</summary>
    public static TcpProxy Start(int port) => new(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>From now on nothing arrives, and nobody is told: connections stay, and new ones are made that hear nothing. What was sent arrives when <see cref="Pass"/> is called, as with a network that comes back.</summary>
    /// <param name="toServer">What clients send.</param>
    /// <param name="toClient">What the server sends.</param>
    public void Stall(bool toServer = true, bool toClient = true)
    {
        _toServer.Set(isOpen: !toServer);
        _toClient.Set(isOpen: !toClient);
    }

    /// <summary>Everything arrives again.</summary>
    public void Pass() => Stall(toServer: false, toClient: false);

    /// <summary>Ends all connections with a reset on both sides.</summary>
    public void Reset()
    {
        foreach (var (client, server) in _lines)
        {
            End(client, server);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        Reset();
        Pass();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false);
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = _target is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        _lines[client] = server;
        try
        {
            await server.ConnectAsync(_target, _stop.Token).ConfigureAwait(false);
            await Task.WhenAll(PumpAsync(client, server, _toServer), PumpAsync(server, client, _toClient)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone, and so is the other now.
        }
        finally
        {
            End(client, server);
        }
    }

    private async Task PumpAsync(Socket from, Socket to, Gate gate)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false) is > 0 and var received)
            {
                await gate.PassedAsync().ConfigureAwait(false);
                for (var sent = 0; sent < received;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, received - sent), _stop.Token).ConfigureAwait(false);
                }
            }

            // An end is a message like any other.
            await gate.PassedAsync().ConfigureAwait(false);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception)
        {
            await gate.PassedAsync().ConfigureAwait(false);
            End(from, to);
            throw;
        }
    }

    private void End(Socket one, Socket other)
    {
        _lines.TryRemove(one, out _);
        _lines.TryRemove(other, out _);
        foreach (var socket in (Socket[])[one, other])
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // It has ended before.
            }

            socket.Dispose();
        }
    }

    /// <summary>Whether one direction is open.</summary>
    private sealed class Gate
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource? _closed;

        public void Set(bool isOpen)
        {
            lock (_gate)
            {
                if (isOpen)
                {
                    _closed?.TrySetResult();
                    _closed = null;
                }
                else
                {
                    _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }

        public Task PassedAsync()
        {
            lock (_gate)
            {
                return _closed?.Task ?? Task.CompletedTask;
            }
        }
    }
}
