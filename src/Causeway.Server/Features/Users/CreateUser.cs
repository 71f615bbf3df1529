using System.ComponentModel.DataAnnotations;
using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Makes an account for somebody else.</summary>
internal static class CreateUser
{
    /// <summary>An account to make.</summary>
    [Example("""{"email":"ada@example.com","name":"Ada","roles":["user"]}""")]
    internal sealed record CreateUserRequest
    {
        /// <summary>The address mail goes to.</summary>
        [Required]
        [StringLength(EmailAddress.MaxLength, MinimumLength = 3)]
        public string? Email { get; init; }

        /// <summary>A name for people.</summary>
        [StringLength(AccountRules.MaxNameLength, MinimumLength = 1)]
        public string? Name { get; init; }

        /// <summary>8–128 characters, none of the commonest, not the address; without one its owner is sent a link to choose it.</summary>
        [StringLength(PasswordRules.MaxLength, MinimumLength = PasswordRules.MinLength)]
        public string? Password { get; init; }

        /// <summary>The names of its roles; <c>user</c> when absent.</summary>
        [MaxLength(AccountRules.MaxRoles)]
        public IReadOnlyList<string>? Roles { get; init; }

        /// <summary>Whether it can't be used yet.</summary>
        public bool Disabled { get; init; }

        /// <summary>Whether whoever makes it vouches for the address.</summary>
        public bool EmailVerified { get; init; }
    }

    public static async Task<IResult> HandleAsync(
        Caller caller, JsonBody<CreateUserRequest> body, HttpContext context, Accounts accounts, Roles roles, CancellationToken cancellationToken)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        var email = AccountRules.Email(errors, request.Email);
        errors.Check(request.Name is null || AccountRules.IsName(request.Name), "name", AccountRules.NameRule);
        errors.Check(request.Roles is null || AccountRules.AreRoles(request.Roles), "roles", AccountRules.RolesRule);
        if (request.Password is not null)
        {
            AccountRules.NewPassword(errors, request.Password, email);
        }

        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        var wanted = request.Roles ?? [Role.User];
        if (!await Grants.CoversRolesAsync(caller, wanted, roles, cancellationToken))
        {
            return UserErrors.GreaterThanCaller.ToResult();
        }

        var account = new NewAccount(email!, request.Name, request.Password, wanted, request.Disabled, request.EmailVerified);
        IResult? answer = null;
        var result = await accounts.CreateAsync(account, Origins.Of(context), KeepAsync, cancellationToken);
        return answer ?? UserErrors.Of(result).ToResult();

        async Task KeepAsync(UnitOfWork unit, AccountResult result, CancellationToken token)
        {
            if (result.Account is { } made)
            {
                var kept = new KeptAnswer(StatusCodes.Status201Created, UserResponse.From(made)) { Location = "/api/v1/users/" + made.Id, ETag = EntityTag.Of(made.Version) };
                answer = await KeptAnswers.KeepAsync(context, unit, kept, token);
            }
        }
    }
}
