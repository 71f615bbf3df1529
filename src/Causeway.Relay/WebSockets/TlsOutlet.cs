using Causeway.WebSockets;

namespace Causeway.Relay;

/// <summary>Sends to a backend over TLS.</summary>
internal sealed class TlsOutlet(Stream tls) : Outlet
{
    public override bool BypassesServer => true;

    /// <summary>TLS never says what it would take at once.</summary>
    public override int TryWrite(ReadOnlySpan<byte> bytes) => 0;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await tls.WriteAsync(bytes).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not IOException)
        {
            throw new IOException("The backend's connection is broken.", exception);
        }
    }

    /// <summary>TLS has no half close that backends understand: it stays open until <see cref="Reset"/>.</summary>
    public override void EndSending()
    {
    }

    public override void Reset() => tls.Dispose();
}
