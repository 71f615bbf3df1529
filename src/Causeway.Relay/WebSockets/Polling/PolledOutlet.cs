using System.Net.Sockets;
using Causeway.WebSockets;

namespace Causeway.Relay;

/// <summary>Sends to the backend; where its socket is full, the loop says when to go on.</summary>
internal sealed class PolledOutlet(Outlet socket, PolledSocket polled) : Outlet
{
    public override bool BypassesServer => true;

    public override int TryWrite(ReadOnlySpan<byte> bytes) => socket.TryWrite(bytes);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (true)
        {
            var sent = socket.TryWrite(bytes.Span);
            if (sent < 0)
            {
                throw new IOException("The backend's connection is broken.");
            }

            bytes = bytes[sent..];
            if (bytes.IsEmpty)
            {
                return;
            }

            await polled.WaitWritableAsync().ConfigureAwait(false);
        }
    }

    public override void EndSending() => socket.EndSending();

    public override void Reset()
    {
        socket.Reset();
        polled.Dispose();
    }
}
