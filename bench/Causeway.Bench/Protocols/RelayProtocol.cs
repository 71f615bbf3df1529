using System.Text;
using Causeway.Bench.Load;

namespace Causeway.Bench.Protocols;

/// <summary>The bench's own backend, spoken to through a relay: <c>/bench/echo</c> repeats what it gets, <c>/bench/1k</c> and <c>/bench/1m</c> are answers of that size.</summary>
internal sealed class RelayProtocol : PeerProtocol
{
    private static readonly byte[] Small = Get("/bench/1k");
    private static readonly byte[] Large = Get("/bench/1m");

    public override bool JoinsApart => false;

    public override string Path(Role role) => "/bench/echo";

    public override void Opened(LoadClient client) => client.BecomeReady();

    public override void Received(LoadClient client, ReadOnlySpan<byte> content)
    {
        // The backend says nothing by itself.
    }

    public override void Join(LoadClient client) => client.BecomeReady();

    public override void Publish(LoadClient client, int size, long sequence) => throw new NotSupportedException();

    /// <summary>Over a WebSocket a message, else a request; there the size only says which.</summary>
    public override void Echo(LoadClient client, int size, long sequence)
    {
        if (client.Role == Role.Fetch)
        {
            client.SendRaw(size > 1024 ? Large : Small);
        }
        else if (size <= 1024)
        {
            Send(client, [], size, sequence, []);
        }
        else
        {
            client.SendRaw(BigMessage.Frame(size, sequence));
        }
    }

    private static byte[] Get(string path) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n");
}
