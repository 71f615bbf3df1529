using System.Text;
using Causeway.Bench.Load;

namespace Causeway.Bench.Protocols;

/// <summary>SignalR's JSON hub protocol over a WebSocket, negotiation skipped.</summary>
internal sealed class SignalRProtocol : PeerProtocol
{
    private static ReadOnlySpan<byte> HandshakeDone => "{}\u001e"u8;

    public override string Path(Role role) =>
        role == Role.EventStream ? throw new BenchException("SignalR has no plain event stream") : "/hub";

    public override void Opened(LoadClient client) => client.SendText("{\"protocol\":\"json\",\"version\":1}\u001e"u8);

    public override void Received(LoadClient client, ReadOnlySpan<byte> content)
    {
        if (content.SequenceEqual(HandshakeDone))
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
        else if (content.IndexOf("\"type\":3"u8) >= 0)
        {
            if (content.IndexOf("\"error\""u8) >= 0)
            {
                client.Fail("join refused: " + Encoding.UTF8.GetString(content));
                return;
            }

            client.BecomeReady();
        }
    }

    public override void Join(LoadClient client) =>
        client.SendText("{\"type\":1,\"invocationId\":\"1\",\"target\":\"Join\",\"arguments\":[\"room\"]}\u001e"u8);

    public override void Publish(LoadClient client, int size, long sequence) =>
        Send(client, "{\"type\":1,\"target\":\"Publish\",\"arguments\":[\"room\","u8, size, sequence, "]}\u001e"u8);

    public override void Echo(LoadClient client, int size, long sequence)
    {
        Span<byte> head = stackalloc byte[96];
        var start = "{\"type\":1,\"invocationId\":\""u8;
        var end = "\",\"target\":\"Ping\",\"arguments\":["u8;
        start.CopyTo(head);
        Mark.Write(head[start.Length..], sequence);
        end.CopyTo(head[(start.Length + Mark.Length)..]);
        Send(client, head[..(start.Length + Mark.Length + end.Length)], size, sequence, "]}\u001e"u8);
    }
}
