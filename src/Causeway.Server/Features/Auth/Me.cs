using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Shows whose the request's credential is, and changes their account.</summary>
internal static class Me
{
    /// <summary>Whose the credential is, and what it may do.</summary>
    /// <param name="Principal"><c>user:ID</c>, <c>key:ID</c>, <c>admin-token</c> or <c>local</c>.</param>
    /// <param name="UserId">The user; null for a key, the admin token and the local admin.</param>
    /// <param name="Name">A name for people.</param>
    /// <param name="Roles">The user's roles.</param>
    /// <param name="Permissions">What it may do; <c>*</c> is everything.</param>
    /// <param name="SessionId">The account's session, where it has one.</param>
    /// <param name="ExpiresAt">When the credential ends; null for never.</param>
    /// <param name="User">The account, where there is one.</param>
    internal sealed record MeResponse(
        string Principal,
        string? UserId,
        string? Name,
        IReadOnlyList<string> Roles,
        IReadOnlyList<string> Permissions,
        string? SessionId,
        DateTimeOffset? ExpiresAt,
        UserResponse? User);

    /// <summary>What to change of one's own account.</summary>
    [Example("""{"name":"Ada Lovelace"}""")]
    internal sealed record UpdateMeRequest
    {
        private readonly string? _name;

        /// <summary>A name for people; null takes it away.</summary>
        [StringLength(AccountRules.MaxNameLength, MinimumLength = 1)]
        public string? Name
        {
            get => _name;
            init => (_name, NamesName) = (value, true);
        }

        /// <summary>Another address: a link is sent there, and once it is followed the address is the account's.</summary>
        [StringLength(EmailAddress.MaxLength, MinimumLength = 3)]
        public string? Email { get; init; }

        /// <summary>The password, where the address is to change.</summary>
        [StringLength(PasswordRules.MaxCheckedLength, MinimumLength = 1)]
        public string? CurrentPassword { get; init; }

        [JsonIgnore]
        public bool NamesName { get; private init; }
    }

    public static async Task<IResult> ShowAsync(Caller caller, Accounts accounts, CancellationToken cancellationToken)
    {
        var account = caller.Access?.SessionId is null ? null : await accounts.FindAsync(caller.UserId!, cancellationToken);
        IReadOnlyList<string> permissions = caller.IsAdmin ? [PermissionSet.All] : [.. caller.Permissions.Order(StringComparer.Ordinal)];
        return TypedResults.Ok(new MeResponse(
            caller.Principal, caller.UserId, caller.Name, [.. caller.Roles.Order(StringComparer.Ordinal)], permissions, caller.Access?.SessionId, caller.ExpiresAt,
            account is null ? null : UserResponse.From(account)));
    }

    public static async Task<IResult> UpdateAsync(
        Caller caller, JsonBody<UpdateMeRequest> body, HttpContext context, Accounts accounts, OwnAccount own, RateLimiter limiter, CancellationToken cancellationToken)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(request.Name is null || AccountRules.IsName(request.Name), "name", AccountRules.NameRule);
        var email = request.Email is null ? null : AccountRules.Email(errors, request.Email);
        errors.Check(request.CurrentPassword is null || PasswordRules.IsWorthChecking(request.CurrentPassword), "current_password", AccountRules.PasswordRule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (caller is not { UserId: { } userId, Access.SessionId: not null })
        {
            return AuthErrors.NotAnAccount.ToResult();
        }

        if (email is not null)
        {
            if (request.CurrentPassword is null)
            {
                return AuthErrors.NeedsPassword.ToResult();
            }

            if (limiter.TakeForAccount(context, RateLimitPolicies.AuthAccount, email.Key) is { } limited)
            {
                return limited.ToResult();
            }

            var moved = await own.ChangeEmailAsync(userId, request.CurrentPassword, email, Origins.Of(context), cancellationToken);
            if (moved.Status != AccountStatus.Done)
            {
                return UserErrors.Of(moved).ToResult();
            }
        }

        var result = await accounts.UpdateAsync(
            userId, new AccountChanges { SetsName = request.NamesName, Name = request.Name }, version: null, Origins.Of(context), cancellationToken);
        return result.Account is { } account ? TypedResults.Ok(UserResponse.From(account)) : UserErrors.Of(result).ToResult();
    }
}
