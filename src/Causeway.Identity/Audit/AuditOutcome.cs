namespace Causeway.Identity;

/// <summary>How an act ended.</summary>
public enum AuditOutcome
{
    /// <summary>It was done.</summary>
    Success = 1,

    /// <summary>It was refused: wrong credential, or not allowed.</summary>
    Refused,

    /// <summary>It was allowed, and failed.</summary>
    Failed,
}
