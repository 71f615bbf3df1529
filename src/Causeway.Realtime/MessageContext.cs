namespace Causeway.Realtime;

/// <summary>One message from a client, and what a handler may do with it.</summary>
public sealed class MessageContext
{
    internal MessageContext() { }

    /// <summary>The connection it came on.</summary>
    public string ConnectionId => throw new NotImplementedException();

    /// <summary>Who is behind it.</summary>
    public RealtimeIdentity Identity => throw new NotImplementedException();

    /// <summary>The room it names; null for none. A handler is called for members and non-members alike: ask <see cref="IsMember"/>.</summary>
    public RoomId? Room => throw new NotImplementedException();

    /// <summary>Whether the connection is in <see cref="Room"/>.</summary>
    public bool IsMember => throw new NotImplementedException();

    /// <summary>The message's type.</summary>
    public string Type => throw new NotImplementedException();

    /// <summary>The payload as it came, a JSON object in UTF-8. Valid only until the handler returns.</summary>
    public ReadOnlyMemory<byte> Payload => throw new NotImplementedException();

    /// <summary>The application's services.</summary>
    public IServiceProvider Services => throw new NotImplementedException();

    /// <summary>Publishes to <see cref="Room"/> under the message's type, from this connection; the <c>ack</c> then carries id, offset and epoch. The namespace's rule on publishing applies.</summary>
    /// <param name="payload">Written as snake_case JSON; null for the payload as it came.</param>
    /// <param name="cancellationToken">Stops waiting for the log; the message may still be delivered.</param>
    public ValueTask<PublishResult> PublishAsync(object? payload = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>What the <c>ack</c> carries besides <c>status</c>; the last call counts.</summary>
    public void Answer(System.Text.Json.Nodes.JsonObject payload) => throw new NotImplementedException();

    /// <summary>Answers with an error instead of an <c>ack</c>; the last call counts.</summary>
    public void Refuse(Causeway.Http.ApiError error) => throw new NotImplementedException();
}
