namespace Causeway.Server;

/// <summary>A live connection as the API shows it.</summary>
internal sealed record ConnectionResponse
{
    /// <summary>The connection's unique id.</summary>
    public required string ConnectionId { get; init; }

    /// <summary>The user; null without identity.</summary>
    public required string? UserId { get; init; }

    /// <summary>The user's name, where the credential carries one.</summary>
    public required string? Name { get; init; }

    /// <summary>The session of the log-in it came with, <c>key:ID</c> for an API key; null for a token of another system, the admin token, and nobody.</summary>
    public required string? SessionId { get; init; }

    /// <summary>How it is connected: <c>websocket</c> or <c>sse</c>.</summary>
    public required string Transport { get; init; }

    /// <summary>The peer's address.</summary>
    public required string? RemoteAddress { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The rooms it is in.</summary>
    public required IReadOnlyList<string> Rooms { get; init; }

    /// <summary>Bytes that wait because its socket is full.</summary>
    public required long BacklogBytes { get; init; }

    /// <summary>Messages it did not get because it was too slow.</summary>
    public required long Dropped { get; init; }

    public static ConnectionResponse From(Realtime.ConnectionInfo connection) => new()
    {
        ConnectionId = connection.Id,
        UserId = connection.UserId,
        Name = connection.Name,
        SessionId = connection.SessionId,
        Transport = connection.Transport == Realtime.Transport.WebSocket ? "websocket" : "sse",
        RemoteAddress = connection.RemoteAddress,
        ConnectedAt = connection.ConnectedAt,
        Rooms = [.. connection.Rooms.Select(static room => room.Value)],
        BacklogBytes = connection.BacklogBytes,
        Dropped = connection.Dropped,
    };
}
