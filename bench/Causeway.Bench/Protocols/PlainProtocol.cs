using Causeway.Bench.Load;

namespace Causeway.Bench.Protocols;

/// <summary>The hand-written peers: the path says what a connection is for, and a message is nothing but its payload.</summary>
internal sealed class PlainProtocol : PeerProtocol
{
    public override bool JoinsApart => false;

    public override string Path(Role role) => role switch
    {
        Role.Publisher => "/pub",
        Role.Echo => "/echo",
        Role.EventStream => "/sse",
        _ => "/sub",
    };

    public override void Opened(LoadClient client) => client.BecomeReady();

    public override void Received(LoadClient client, ReadOnlySpan<byte> content)
    {
        // These peers say nothing before the first message.
    }

    public override void Join(LoadClient client) => client.BecomeReady();

    public override void Publish(LoadClient client, int size, long sequence) => Send(client, [], size, sequence, []);

    public override void Echo(LoadClient client, int size, long sequence) => Send(client, [], size, sequence, []);
}
