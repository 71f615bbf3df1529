namespace Causeway.Realtime;

/// <summary>Why the server closes a connection; part of the wire contract.</summary>
/// <param name="Code">The WebSocket close code. 4000–4499 mean come back, 4500–4999 stay away. RFC 6455 §7.4.</param>
/// <param name="Reason">A few words, at most 123 bytes of UTF-8.</param>
/// <param name="ComeBack">Whether the client should connect again.</param>
/// <remarks>Append only; the protocol reference has the table.</remarks>
public sealed record CloseReason(ushort Code, string Reason, bool ComeBack)
{
    /// <summary>Closed as asked.</summary>
    public static CloseReason Normal { get; } = new(1000, "", ComeBack: false);

    /// <summary>The peer broke RFC 6455.</summary>
    public static CloseReason ProtocolError { get; } = new(1002, "protocol error", ComeBack: false);

    /// <summary>A binary message where JSON text is expected.</summary>
    public static CloseReason UnsupportedData { get; } = new(1003, "text expected", ComeBack: false);

    /// <summary>A text message that is not UTF-8.</summary>
    public static CloseReason InvalidPayload { get; } = new(1007, "not UTF-8", ComeBack: false);

    /// <summary>Abuse after warnings.</summary>
    public static CloseReason PolicyViolation { get; } = new(1008, "too many refused messages", ComeBack: false);

    /// <summary>A message over the limit.</summary>
    public static CloseReason TooBig { get; } = new(1009, "message too big", ComeBack: false);

    /// <summary>A fault of the server.</summary>
    public static CloseReason ServerFault { get; } = new(1011, "server fault", ComeBack: true);

    /// <summary>The server restarts.</summary>
    public static CloseReason Restarting { get; } = new(1012, "restarting", ComeBack: true);

    /// <summary>The credential has expired.</summary>
    public static CloseReason CredentialExpired { get; } = new(4001, "credential expired", ComeBack: true);

    /// <summary>Nothing was heard for too long.</summary>
    public static CloseReason HeartbeatTimeout { get; } = new(4003, "heartbeat timeout", ComeBack: true);

    /// <summary>The client reads too slowly.</summary>
    public static CloseReason SlowConsumer { get; } = new(4008, "slow consumer", ComeBack: true);

    /// <summary>The credential was revoked.</summary>
    public static CloseReason Revoked { get; } = new(4501, "credential revoked", ComeBack: false);

    /// <summary>An operator closed the connection.</summary>
    public static CloseReason DisconnectedByOperator { get; } = new(4502, "disconnected by an operator", ComeBack: false);

    /// <summary>Every reason there is.</summary>
    internal static IReadOnlyList<CloseReason> All { get; } =
    [
        Normal, ProtocolError, UnsupportedData, InvalidPayload, PolicyViolation, TooBig, ServerFault, Restarting,
        CredentialExpired, HeartbeatTimeout, SlowConsumer, Revoked, DisconnectedByOperator,
    ];
}
