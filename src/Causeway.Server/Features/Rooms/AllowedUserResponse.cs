using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>A user's role in a stored room.</summary>
internal sealed record AllowedUserResponse
{
    /// <summary>The user.</summary>
    public required string UserId { get; init; }

    /// <summary>What the user's account is called; null without a name or an account.</summary>
    public required string? Name { get; init; }

    /// <summary><c>owner</c>, <c>moderator</c>, <c>member</c> or <c>reader</c>.</summary>
    public required RoomRole Role { get; init; }

    /// <summary>Since when the user has a role there.</summary>
    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>Who gave it; null for an administrator.</summary>
    public required string? AddedBy { get; init; }

    public static AllowedUserResponse From(AllowedUser user, string? name) => new()
    {
        UserId = user.UserId,
        Name = name,
        Role = (RoomRole)user.Role,
        AddedAt = DateTimeOffset.FromUnixTimeMilliseconds(user.AddedAt),
        AddedBy = user.AddedBy,
    };
}
