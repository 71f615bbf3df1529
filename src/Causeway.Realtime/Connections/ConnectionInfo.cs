namespace Causeway.Realtime;

/// <summary>How a client is connected.</summary>
public enum Transport
{
    /// <summary>RFC 6455 or RFC 8441.</summary>
    WebSocket,

    /// <summary>An event stream, read only.</summary>
    Sse,
}

/// <summary>A live connection as an operator sees it.</summary>
public sealed record ConnectionInfo
{
    /// <summary>The connection's unique id.</summary>
    public required string Id { get; init; }

    /// <summary>The user, null without identity.</summary>
    public required string? UserId { get; init; }

    /// <summary>The user's name, where the credential carries one.</summary>
    public required string? Name { get; init; }

    /// <summary>The session or API key behind it, null where the credential belongs to none.</summary>
    public required string? SessionId { get; init; }

    /// <summary>What the client runs on, where somebody said.</summary>
    public required string? Device { get; init; }

    /// <summary>How it is connected.</summary>
    public required Transport Transport { get; init; }

    /// <summary>The peer's address.</summary>
    public required string? RemoteAddress { get; init; }

    /// <summary>Since when, UTC.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The rooms it is in.</summary>
    public required IReadOnlyList<RoomId> Rooms { get; init; }

    /// <summary>Bytes that wait because its socket is full.</summary>
    public required long BacklogBytes { get; init; }

    /// <summary>Messages it did not get because it was too slow.</summary>
    public required long Dropped { get; init; }
}
