using Causeway.Identity;

namespace Causeway.Server;

/// <summary>An account.</summary>
/// <param name="Id">A UUIDv7; <c>user_id</c> everywhere else.</param>
/// <param name="Email">Its address.</param>
/// <param name="Name">A name for people.</param>
/// <param name="Roles">The names of its roles.</param>
/// <param name="Disabled">Whether it can't log in and its credentials count for nothing.</param>
/// <param name="HasPassword">Whether it has a password yet.</param>
/// <param name="EmailVerifiedAt">When its address was verified; null where it never was.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was changed last; a log-in is no change.</param>
/// <param name="LastLoginAt">When it logged in last; null where it never has.</param>
/// <param name="Version">Counts its changes; the number in its <c>ETag</c>.</param>
internal sealed record UserResponse(
    string Id,
    string Email,
    string? Name,
    IReadOnlyList<string> Roles,
    bool Disabled,
    bool HasPassword,
    DateTimeOffset? EmailVerifiedAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? LastLoginAt,
    long Version)
{
    public static UserResponse From(Account account) => new(
        account.Id, account.Email, account.Name, account.Roles, account.IsDisabled, account.HasPassword, account.EmailVerifiedAt, account.CreatedAt, account.UpdatedAt, account.LastLoginAt, account.Version);
}
