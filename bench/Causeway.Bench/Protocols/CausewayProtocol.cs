using System.Text;
using Causeway.Bench.Load;

namespace Causeway.Bench.Protocols;

/// <summary>Causeway's own protocol, as any client speaks it.</summary>
internal sealed class CausewayProtocol : PeerProtocol
{
    public const string Room = "bench:room";

    public override string Path(Role role) => role == Role.EventStream ? "/sse?room=" + Room : "/ws";

    public override void Opened(LoadClient client)
    {
        // The server speaks first, on both transports.
    }

    public override void Received(LoadClient client, ReadOnlySpan<byte> content)
    {
        if (content.IndexOf("\"type\":\"error\""u8) >= 0)
        {
            client.Fail("refused: " + Encoding.UTF8.GetString(content));
        }
        else if (client.Role == Role.EventStream)
        {
            if (content.IndexOf("event: connected"u8) >= 0 || content.IndexOf("event:connected"u8) >= 0)
            {
                client.BecomeReady();
            }
        }
        else if (content.IndexOf("\"type\":\"connected\""u8) >= 0)
        {
            if (client.Role == Role.Subscriber)
            {
                Join(client);
            }
            else
            {
                client.BecomeReady();
            }
        }
        else if (content.IndexOf("\"type\":\"ack\""u8) >= 0)
        {
            client.BecomeReady();
        }
    }

    public override void Join(LoadClient client) =>
        client.SendText("{\"type\":\"join_room\",\"ref\":\"j\",\"room_id\":\"bench:room\",\"payload\":{\"history\":0}}"u8);

    public override void Publish(LoadClient client, int size, long sequence) =>
        Send(client, "{\"type\":\"m\",\"room_id\":\"bench:room\",\"payload\":"u8, size, sequence, "}"u8);

    public override void Echo(LoadClient client, int size, long sequence)
    {
        Span<byte> head = stackalloc byte[96];
        var start = "{\"type\":\"ping\",\"ref\":\""u8;
        var end = "\",\"payload\":"u8;
        start.CopyTo(head);
        Mark.Write(head[start.Length..], sequence);
        end.CopyTo(head[(start.Length + Mark.Length)..]);
        Send(client, head[..(start.Length + Mark.Length + end.Length)], size, sequence, "}"u8);
    }
}
