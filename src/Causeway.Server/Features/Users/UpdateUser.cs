using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Changes an account; what the request does not name stays.</summary>
internal static class UpdateUser
{
    /// <summary>What to change.</summary>
    [Example("""{"name":"Ada Lovelace","roles":["user"]}""")]
    internal sealed record UpdateUserRequest
    {
        private readonly string? _name;

        /// <summary>Another address; it is then not verified.</summary>
        [StringLength(EmailAddress.MaxLength, MinimumLength = 3)]
        public string? Email { get; init; }

        /// <summary>A name for people; null takes it away.</summary>
        [StringLength(AccountRules.MaxNameLength, MinimumLength = 1)]
        public string? Name
        {
            get => _name;
            init => (_name, NamesName) = (value, true);
        }

        /// <summary>All roles it is to have.</summary>
        [MaxLength(AccountRules.MaxRoles)]
        public IReadOnlyList<string>? Roles { get; init; }

        /// <summary>Whether it can't be used. Disabling it ends its sessions and voids its keys at once.</summary>
        public bool? Disabled { get; init; }

        /// <summary>A new password; it ends the account's sessions.</summary>
        [StringLength(PasswordRules.MaxLength, MinimumLength = PasswordRules.MinLength)]
        public string? Password { get; init; }

        [JsonIgnore]
        public bool NamesName { get; private init; }
    }

    public static async Task<IResult> HandleAsync(
        string user_id,
        Caller caller,
        JsonBody<UpdateUserRequest> body,
        RequestConditions conditions,
        HttpContext context,
        Accounts accounts,
        Roles roles,
        CancellationToken cancellationToken)
    {
        var request = body.Value;
        while (true)
        {
            if (await accounts.FindAsync(user_id, cancellationToken) is not { } before)
            {
                return UserErrors.NotFound.ToResult();
            }

            var errors = new FieldErrors();
            var email = request.Email is null ? null : AccountRules.Email(errors, request.Email);
            errors.Check(request.Name is null || AccountRules.IsName(request.Name), "name", AccountRules.NameRule);
            errors.Check(request.Roles is null || AccountRules.AreRoles(request.Roles), "roles", AccountRules.RolesRule);
            if (request.Password is not null)
            {
                AccountRules.NewPassword(errors, request.Password, email ?? EmailAddress.Parse(before.Email, null));
            }

            if ((errors.ToError() ?? conditions.Check(before.Version)) is { } refused)
            {
                return refused.ToResult();
            }

            if (!await Grants.CoversRolesAsync(caller, before.Roles.Concat(request.Roles ?? []), roles, cancellationToken))
            {
                return UserErrors.GreaterThanCaller.ToResult();
            }

            var changes = new AccountChanges
            {
                Email = email,
                SetsName = request.NamesName,
                Name = request.Name,
                Roles = request.Roles,
                IsDisabled = request.Disabled,
                Password = request.Password,
            };
            var result = await accounts.UpdateAsync(user_id, changes, before.Version, Origins.Of(context), cancellationToken);

            // Changed between the look and the write: the conditions, and what the caller may do to it, are looked at again.
            if (result.Status != AccountStatus.OtherVersion)
            {
                return result.Account is { } after ? TypedResults.Ok(UserResponse.From(after)).WithETag(after.Version) : UserErrors.Of(result).ToResult();
            }
        }
    }
}
