namespace Causeway.Identity;

/// <summary>An act as it was written down.</summary>
public sealed record AuditRecord
{
    /// <summary>A UUIDv7: its order is that of time.</summary>
    public required string Id { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>As in <see cref="AuditOrigin.Actor"/>.</summary>
    public required string Actor { get; init; }

    /// <summary>The account that did it, where it was one.</summary>
    public string? UserId { get; init; }

    /// <summary>What was done.</summary>
    public required string Action { get; init; }

    /// <summary>To what.</summary>
    public string? Target { get; init; }

    /// <summary>How it ended.</summary>
    public required AuditOutcome Outcome { get; init; }

    /// <summary>From where.</summary>
    public string? Address { get; init; }

    /// <summary>Under which the log has the request.</summary>
    public string? RequestId { get; init; }

    /// <summary>What else matters: a JSON object as text; null for nothing.</summary>
    public string? Details { get; init; }
}
