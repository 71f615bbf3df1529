using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>
/// Accepts from a socket that others go on using. The web server's own listener ends a pending accept by disposing its socket, and that may reach
/// through to the shared one: about one close in a thousand (measured) leaves it set to reset its connections, and the platform may shut it down where
/// an accept is just running. This one cancels its accept and touches the socket only afterwards, when nothing is pending.
/// </summary>
internal sealed class ActivatedListener(
    Socket socket, SocketConnectionContextFactory connections, MemoryPool<byte> pool, TimeProvider time, ILogger logger) : IConnectionListener, IMemoryPoolFeature
{
    /// <summary>What those accepted last have to send a request in before the server closes what is idle.</summary>
    private static readonly TimeSpan LastRequests = TimeSpan.FromMilliseconds(150);

    private readonly CancellationTokenSource _unbind = new();
    private readonly SemaphoreSlim _accepting = new(1, 1);

    /// <inheritdoc/>
    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    /// <inheritdoc/>
    public MemoryPool<byte> MemoryPool => pool;

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        await _accepting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (!_unbind.IsCancellationRequested)
            {
                try
                {
                    var accepted = await socket.AcceptAsync(_unbind.Token).ConfigureAwait(false);
                    if (accepted.LocalEndPoint is IPEndPoint)
                    {
                        accepted.NoDelay = true;
                    }

                    // Made outside of the server's transport a connection brings a pool along that rents out empty buffers, which the server does not expect.
                    var connection = connections.Create(accepted);
                    connection.Features.Set<IMemoryPoolFeature>(this);
                    return connection;
                }
                catch (OperationCanceledException)
                {
                    return null;
                }
                catch (SocketException exception) when (exception.SocketErrorCode == SocketError.OperationAborted)
                {
                    return null;
                }
                catch (SocketException exception)
                {
                    // It went away while it waited in the kernel's queue.
                    logger.ConnectionNotAccepted(exception);
                }
            }

            return null;
        }
        finally
        {
            _accepting.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbind.CancelAsync().ConfigureAwait(false);

        // Once the accept has come back, which is at once, nothing of this process waits on the socket any more.
        await _accepting.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _accepting.Release();
        await Task.Delay(LastRequests, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _unbind.CancelAsync().ConfigureAwait(false);
        await _accepting.WaitAsync().ConfigureAwait(false);
        socket.Dispose();
        connections.Dispose();
        pool.Dispose();
        _unbind.Dispose();
    }
}
