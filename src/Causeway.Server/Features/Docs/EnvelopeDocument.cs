using System.Text.Json;

namespace Causeway.Server;

/// <summary>A room message as its members got it.</summary>
/// <remarks>For the OpenAPI document only: a room's log holds bytes.</remarks>
/// <param name="V">The protocol's version.</param>
/// <param name="Type">What the message is.</param>
/// <param name="RoomId">The room.</param>
/// <param name="Id">The message's unique id.</param>
/// <param name="Offset">Its position in the room, from 1.</param>
/// <param name="Epoch">The life of the log that the position belongs to.</param>
/// <param name="From">The sender; null for the server.</param>
/// <param name="SentAt">When it was published.</param>
/// <param name="Payload">What it says.</param>
internal sealed record EnvelopeDocument(
    int V, string Type, string RoomId, Guid Id, long Offset, string Epoch, EnvelopeSender? From, DateTimeOffset SentAt, JsonElement Payload);

/// <summary>The sender of a room message.</summary>
/// <param name="UserId">The user; null without identity.</param>
/// <param name="Name">The user's name, where known.</param>
/// <param name="ConnectionId">The connection it came on; null over HTTP.</param>
internal sealed record EnvelopeSender(string? UserId, string? Name, string? ConnectionId);
