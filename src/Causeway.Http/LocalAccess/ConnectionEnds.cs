using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Causeway.Http;

/// <summary>The two ends of a connection as the transport knows them, untouched by forwarding headers.</summary>
internal static class ConnectionEnds
{
    public static bool TryGet(IFeatureCollection features, [NotNullWhen(true)] out IPEndPoint? peer, [NotNullWhen(true)] out IPEndPoint? own)
    {
        peer = own = null;
        if (features.Get<IConnectionEndPointFeature>() is { } ends)
        {
            peer = ends.RemoteEndPoint as IPEndPoint;
            own = ends.LocalEndPoint as IPEndPoint;
        }
        else if (features.Get<IConnectionSocketFeature>() is { } transport)
        {
            try
            {
                peer = transport.Socket.RemoteEndPoint as IPEndPoint;
                own = transport.Socket.LocalEndPoint as IPEndPoint;
            }
            catch (Exception exception) when (exception is ObjectDisposedException or System.Net.Sockets.SocketException)
            {
                // The connection is gone, and with it the answer.
            }
        }

        return peer is not null && own is not null;
    }
}
