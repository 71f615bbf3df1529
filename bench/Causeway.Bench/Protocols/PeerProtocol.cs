using Causeway.Bench.Load;

namespace Causeway.Bench.Protocols;

/// <summary>How one peer is spoken to: where to connect, what to say first, and how a message is published.</summary>
internal abstract class PeerProtocol
{
    /// <summary>The path a connection of this role asks for.</summary>
    public abstract string Path(Role role);

    /// <summary>Called when the handshake of HTTP is over; calls <see cref="LoadClient.BecomeReady"/> now, or after the peer's own opening words.</summary>
    public abstract void Opened(LoadClient client);

    /// <summary>Content that came before the connection was ready.</summary>
    public abstract void Received(LoadClient client, ReadOnlySpan<byte> content);

    /// <summary>Lets a connection of <see cref="Role.Idle"/> join the room; it becomes ready again when it has.</summary>
    public abstract void Join(LoadClient client);

    /// <summary>Whether connecting and joining are two steps.</summary>
    public virtual bool JoinsApart => true;

    /// <summary>Publishes one message of <paramref name="size"/> bytes, not counting what the peer's protocol wraps around it; no answer is asked for.</summary>
    public abstract void Publish(LoadClient client, int size, long sequence);

    /// <summary>Asks for one answer that repeats the mark.</summary>
    public abstract void Echo(LoadClient client, int size, long sequence);

    public string Request(Role role)
    {
        var upgrade = role == Role.EventStream
            ? "Accept: text/event-stream\r\n"
            : "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        return $"GET {Path(role)} HTTP/1.1\r\nHost: 127.0.0.1\r\n{upgrade}\r\n";
    }

    /// <summary>Sends <paramref name="head"/>, a payload, <paramref name="tail"/> as one text message.</summary>
    protected static void Send(LoadClient client, ReadOnlySpan<byte> head, int size, long sequence, ReadOnlySpan<byte> tail)
    {
        Span<byte> text = stackalloc byte[head.Length + size + tail.Length];
        head.CopyTo(text);
        Mark.WritePayload(text[head.Length..], size, sequence);
        tail.CopyTo(text[(head.Length + size)..]);
        client.SendText(text);
    }
}
