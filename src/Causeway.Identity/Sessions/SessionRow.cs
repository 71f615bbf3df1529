namespace Causeway.Identity;

/// <summary>A row of <c>sessions</c>.</summary>
internal sealed record SessionRow
{
    public const string Columns = "id, user_id, kind, counter, rotated_at, device, address, created_at, last_used_at, expires_at, ended_at, end_reason";

    public string Id { get; init; } = "";

    public string UserId { get; init; } = "";

    public long Kind { get; init; }

    public long Counter { get; init; }

    public long RotatedAt { get; init; }

    public string? Device { get; init; }

    public string? Address { get; init; }

    public long CreatedAt { get; init; }

    public long LastUsedAt { get; init; }

    public long ExpiresAt { get; init; }

    public long? EndedAt { get; init; }

    public string? EndReason { get; init; }

    public Session ToSession() => new()
    {
        Id = Id,
        Kind = (SessionKind)Kind,
        Device = Device,
        Address = Address,
        CreatedAt = UnixTime.From(CreatedAt),
        LastUsedAt = UnixTime.From(LastUsedAt),
        ExpiresAt = UnixTime.From(ExpiresAt),
    };
}
