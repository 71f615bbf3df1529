namespace Causeway.Realtime;

/// <summary>What a second look at a connection's credential found, for <see cref="Connections.ReviewAsync"/>. The default closes it as revoked.</summary>
public readonly record struct ReviewOutcome
{
    private ReviewOutcome(RealtimeIdentity? identity, CloseReason? closeReason) => (Identity, CloseReason) = (identity, closeReason);

    /// <summary>The identity it has from now on; null where the connection is closed.</summary>
    public RealtimeIdentity? Identity { get; }

    /// <summary>What it is closed with; null where it stays.</summary>
    public CloseReason? CloseReason { get; }

    /// <summary>The connection stays, with this identity.</summary>
    public static ReviewOutcome Keep(RealtimeIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return new(identity, null);
    }

    /// <summary>The connection is closed.</summary>
    /// <param name="reason"><see cref="CloseReason.Revoked"/>: its client stays away; <see cref="CloseReason.CredentialExpired"/>: it comes back with a new credential.</param>
    public static ReviewOutcome Close(CloseReason reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return new(null, reason);
    }
}
