using System.Buffers;
using System.Collections.Frozen;

namespace Causeway.Realtime;

/// <summary>The names of message types.</summary>
internal static class MessageTypes
{
    public const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.:-");

    // What only the server says, and what clients ask of it: a client that could publish one of these in a room could fool the others.
    private static readonly FrozenSet<string> Reserved = FrozenSet.Create(
        StringComparer.Ordinal,
        "connected", "pong", "ack", "error", "user_joined", "user_left", "room_closed", "kicked", "dropped",
        "token_expiring", "reconnect", "reset", "shutdown",
        "ping", "join_room", "leave_room", "presence", "history", "refresh_token", "typing");

    public static bool IsValid(string type) => type.Length is > 0 and <= MaxLength && !type.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>True for what the protocol itself gives a meaning.</summary>
    public static bool IsReserved(string type) => Reserved.Contains(type);
}
