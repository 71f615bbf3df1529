using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Causeway.WebSockets;

/// <summary>Writes through the server's own stream: TLS, HTTP/2, and wherever the socket can't be had.</summary>
internal sealed class StreamOutlet : Outlet
{
    private readonly HttpContext _context;
    private readonly Stream _stream;
    private readonly CancellationToken _aborted;

    public StreamOutlet(HttpContext context, Stream stream)
    {
        _context = context;
        _stream = stream;
        _aborted = context.RequestAborted;
        if (HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            try
            {
                SocketTuning.Apply(socket);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Gone already; the first write says so.
            }
        }
    }

    public override bool BypassesServer => false;

    /// <summary>A stream never says what it would take at once.</summary>
    public override int TryWrite(ReadOnlySpan<byte> bytes) => _aborted.IsCancellationRequested ? -1 : 0;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes, _aborted).ConfigureAwait(false);
            await _stream.FlushAsync(_aborted).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not IOException)
        {
            // A server's stream fails in many ways, its own invalid-operation ones included, once the connection is gone.
            throw new IOException("The connection is broken.", exception);
        }

        // Once aborted, the server swallows writes.
        if (_aborted.IsCancellationRequested)
        {
            throw new IOException("The connection is broken.");
        }
    }

    public override void Reset()
    {
        try
        {
            _context.Abort();
        }
        catch (ObjectDisposedException)
        {
            // The request is over.
        }
    }
}
