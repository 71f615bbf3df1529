using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>One message from a client, and what a handler may do with it.</summary>
public sealed class MessageContext
{
    private readonly Connection _connection;
    private readonly Envelope _envelope;
    private readonly LiveCore _core;
    private JsonObject? _answer;
    private PublishOutcome _published;

    internal MessageContext(Connection connection, Envelope envelope, LiveCore core, IServiceProvider services) =>
        (_connection, _envelope, _core, Services) = (connection, envelope, core, services);

    /// <summary>The connection it came on.</summary>
    public string ConnectionId => _connection.Id;

    /// <summary>Who is behind it.</summary>
    public RealtimeIdentity Identity => _connection.Identity;

    /// <summary>The room it names; null for none. A handler is called for members and others alike: ask <see cref="IsMember"/>.</summary>
    public RoomId? Room => _envelope.Room;

    /// <summary>Whether the connection is in <see cref="Room"/>.</summary>
    public bool IsMember => Room is { } id && _core.Rooms.Get(id) is { } room && _connection.Find(room) is not null;

    /// <summary>The message's type.</summary>
    public string Type => _envelope.Type;

    /// <summary>The payload as it came, a JSON object in UTF-8. Valid only until the handler returns.</summary>
    public ReadOnlyMemory<byte> Payload => _envelope.Payload;

    /// <summary>Services of this message's own scope.</summary>
    public IServiceProvider Services { get; }

    internal ApiError? Refusal { get; private set; }

    internal CancellationToken Aborted => _connection.Aborted;

    /// <summary>
    /// Publishes the payload as it came to <see cref="Room"/>, under the message's type and from this connection; the
    /// <c>ack</c> then carries id, offset and epoch. The namespace's rule on publishing applies; a refusal becomes the answer.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting for the log; the message may still be delivered.</param>
    public ValueTask<PublishResult> PublishAsync(CancellationToken cancellationToken = default) => PublishBytesAsync(Payload.ToArray(), cancellationToken);

    /// <summary>As the other, with a payload of the handler's own.</summary>
    /// <param name="payload">Written as snake_case JSON; must become an object.</param>
    /// <param name="cancellationToken">Stops waiting for the log; the message may still be delivered.</param>
    [RequiresUnreferencedCode("Writes T by reflection; pass its JsonTypeInfo where code is trimmed.")]
    [RequiresDynamicCode("Writes T by reflection; pass its JsonTypeInfo where code is compiled ahead of time.")]
    public ValueTask<PublishResult> PublishAsync<T>(T payload, CancellationToken cancellationToken = default) =>
        PublishBytesAsync(JsonSerializer.SerializeToUtf8Bytes(payload, PayloadJson.Options()), cancellationToken);

    /// <summary>As the other, with the type's own JSON description.</summary>
    /// <param name="payload">Must become a JSON object.</param>
    /// <param name="json">How to write it.</param>
    /// <param name="cancellationToken">Stops waiting for the log; the message may still be delivered.</param>
    public ValueTask<PublishResult> PublishAsync<T>(T payload, JsonTypeInfo<T> json, CancellationToken cancellationToken = default) =>
        PublishBytesAsync(JsonSerializer.SerializeToUtf8Bytes(payload, json), cancellationToken);

    /// <summary>What the <c>ack</c> carries besides <c>status</c>; the last call counts.</summary>
    public void Answer(JsonObject payload) => (_answer, Refusal) = (payload, null);

    /// <summary>Answers with an error instead of an <c>ack</c>; the last call counts.</summary>
    public void Refuse(ApiError error) => Refusal = error;

    internal byte[] Acknowledge() => ServerMessages.Ack(_connection.Sender.Form, _envelope.Ref, this, static (json, context) =>
    {
        if (context._published is { Message: { } message, Epoch: { } epoch })
        {
            ServerMessages.WritePublished(json, message, epoch);
        }

        foreach (var (name, value) in context._answer ?? [])
        {
            json.WritePropertyName(name);
            if (value is null)
            {
                json.WriteNullValue();
            }
            else
            {
                value.WriteTo(json);
            }
        }
    });

    private async ValueTask<PublishResult> PublishBytesAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var outcome = Room is not { } room ? PublishOutcome.Refused(Refusals.Invalid("room_id", "required"))
            : PublishedPayload.Check(ref payload) is { } invalid ? PublishOutcome.Refused(invalid)
            : await WithinAsync(
                RoomActions.PublishAsAsync(_core, _connection, room, new RoomPublish(Type, payload) { ConflateKey = _envelope.ConflateKey }), cancellationToken).ConfigureAwait(false);
        _published = outcome;
        if (outcome.Error is { } error)
        {
            Refuse(error);
        }

        return outcome.ToResult();

        static async ValueTask<PublishOutcome> WithinAsync(ValueTask<PublishOutcome> publishing, CancellationToken cancellationToken) =>
            publishing.IsCompleted ? await publishing.ConfigureAwait(false) : await publishing.AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
