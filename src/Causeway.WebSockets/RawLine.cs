using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Causeway.WebSockets;

/// <summary>A connection whose socket carries the response's bytes as they are, so that they may be sent without the server's response pipe.</summary>
/// <remarks>
/// The server flushes a response's head into a pipe; another thread sends it. A frame sent straight to the socket right after the flush would
/// overtake the head. The kernel's count of bytes taken tells when the head has left. It takes Linux (4.19 or newer); elsewhere, and where the count
/// does not move in time, all goes through the response's stream.
/// </remarks>
internal readonly struct RawLine
{
    private const int Tcp = 6;
    private const int TcpInfo = 11;
    private const int NotSentOffset = 144;
    private const int SentOffset = 200;
    private const int ResentOffset = 208;
    private const int InfoLength = 216;
    private const int QuickTries = 16;
    private static readonly TimeSpan HeadLimit = TimeSpan.FromSeconds(1);

    private static Type? _socketTransport;

    private readonly Socket _socket;

    private RawLine(Socket socket) => _socket = socket;

    public Socket Socket => _socket;

    /// <summary>The bytes that the kernel has taken from us over this connection's life; negative where it does not say.</summary>
    public long BytesTaken => CountTaken(_socket);

    /// <summary>The connection's socket, unless something between it and the response (TLS, HTTP/2, a middleware on the connection) changes the bytes.</summary>
    public static RawLine? Find(HttpContext context)
    {
        var features = context.Features;
        if (!OperatingSystem.IsLinux()
            || !HttpProtocol.IsHttp11(context.Request.Protocol)
            || features.Get<IConnectionSocketFeature>() is not { Socket: { ProtocolType: ProtocolType.Tcp } socket }
            || features.Get<ITlsHandshakeFeature>() is not null
            || features.Get<ITlsConnectionFeature>() is not null
            || !IsSocketTransport(features)
            || CountTaken(socket) < 0)
        {
            return null;
        }

        return new RawLine(socket);
    }

    /// <summary>Completes when the head has left, and then lets <see cref="IsHeadSent"/> say so.</summary>
    public async ValueTask WaitForHeadAsync(HttpContext context, long takenBefore)
    {
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        for (var tries = 0; CountTaken(_socket) is var taken && taken <= takenBefore; tries++)
        {
            if (taken < 0 || time.GetElapsedTime(started) > HeadLimit)
            {
                return;
            }

            if (tries < QuickTries)
            {
                await Task.Yield();
            }
            else
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), time);
            }
        }

        context.Features.Set(HeadSent.Instance);
    }

    /// <summary>Whether it is known that no byte of the response is still in the server's pipe.</summary>
    public static bool IsHeadSent(HttpContext context) => context.Features.Get<HeadSent>() is not null;

    /// <summary>A middleware on the connection replaces the transport with one of its own.</summary>
    private static bool IsSocketTransport(IFeatureCollection features)
    {
        if (features.Get<IConnectionTransportFeature>()?.Transport.GetType() is not { } type)
        {
            return false;
        }

        if (type == _socketTransport)
        {
            return true;
        }

        if (type.Assembly.GetName().Name is not "Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets")
        {
            return false;
        }

        _socketTransport = type;
        return true;
    }

    private static long CountTaken(Socket socket)
    {
        Span<byte> info = stackalloc byte[InfoLength];
        try
        {
            if (socket.GetRawSocketOption(Tcp, TcpInfo, info) < InfoLength)
            {
                return -1;
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return -1;
        }

        return BinaryPrimitives.ReadInt64LittleEndian(info[SentOffset..])
            - BinaryPrimitives.ReadInt64LittleEndian(info[ResentOffset..])
            + BinaryPrimitives.ReadUInt32LittleEndian(info[NotSentOffset..]);
    }

    private sealed class HeadSent
    {
        public static readonly HeadSent Instance = new();
    }
}
