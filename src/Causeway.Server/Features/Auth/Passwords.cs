using System.ComponentModel.DataAnnotations;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Changes a password that is known, and replaces one that is forgotten.</summary>
internal static class Passwords
{
    /// <summary>Another password.</summary>
    [Example("""{"current_password":"correct horse battery","new_password":"a better one by far"}""")]
    internal sealed record ChangePasswordRequest
    {
        /// <summary>The password as it is.</summary>
        [Required]
        [StringLength(PasswordRules.MaxCheckedLength, MinimumLength = 1)]
        public string? CurrentPassword { get; init; }

        /// <summary>8–128 characters, none of the commonest, not the address.</summary>
        [Required]
        [StringLength(PasswordRules.MaxLength, MinimumLength = PasswordRules.MinLength)]
        public string? NewPassword { get; init; }
    }

    /// <summary>An address whose password is forgotten.</summary>
    [Example("""{"email":"ada@example.com"}""")]
    internal sealed record ForgotPasswordRequest
    {
        /// <summary>The account's address.</summary>
        [Required]
        [StringLength(EmailAddress.MaxLength, MinimumLength = 3)]
        public string? Email { get; init; }
    }

    /// <summary>A new password, by the link of a mail.</summary>
    [Example("""{"token":"the-secret-of-the-link","password":"a better one by far"}""")]
    internal sealed record ResetPasswordRequest
    {
        /// <summary>The secret of the link.</summary>
        [Required]
        [StringLength(Verification.MaxTokenLength, MinimumLength = 1)]
        public string? Token { get; init; }

        /// <summary>8–128 characters, none of the commonest, not the address.</summary>
        [Required]
        [StringLength(PasswordRules.MaxLength, MinimumLength = PasswordRules.MinLength)]
        public string? Password { get; init; }
    }

    /// <summary>What was done, which is the same for every address.</summary>
    /// <param name="Status"><c>accepted</c>: where the address has an account, a mail with a link is on its way.</param>
    internal sealed record Accepted(string Status);

    public static async Task<IResult> ChangeAsync(
        Caller caller, JsonBody<ChangePasswordRequest> body, HttpContext context, Accounts accounts, OwnAccount own, CancellationToken cancellationToken)
    {
        var account = caller.Access?.SessionId is null ? null : await accounts.FindAsync(caller.UserId!, cancellationToken);
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(PasswordRules.IsWorthChecking(request.CurrentPassword), "current_password", AccountRules.PasswordRule);
        AccountRules.NewPassword(errors, request.NewPassword, account is null ? null : EmailAddress.Parse(account.Email, null), "new_password");
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (account is null)
        {
            return AuthErrors.NotAnAccount.ToResult();
        }

        var result = await own.ChangePasswordAsync(
            account.Id, request.CurrentPassword!, request.NewPassword!, caller.Access!.SessionId, Origins.Of(context), cancellationToken);
        return result.Status == AccountStatus.Done ? TypedResults.NoContent() : UserErrors.Of(result).ToResult();
    }

    public static async Task<IResult> ForgotAsync(
        JsonBody<ForgotPasswordRequest> body, HttpContext context, OwnAccount own, RateLimiter limiter, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var email = AccountRules.Email(errors, body.Value.Email);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (limiter.TakeForAccount(context, RateLimitPolicies.AuthAccount, email!.Key) is { } limited)
        {
            return limited.ToResult();
        }

        await own.ForgotPasswordAsync(email, Origins.Of(context), cancellationToken);
        return TypedResults.Accepted((string?)null, new Accepted("accepted"));
    }

    public static async Task<IResult> ResetAsync(JsonBody<ResetPasswordRequest> body, HttpContext context, OwnAccount own, CancellationToken cancellationToken)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(Verification.IsToken(request.Token), "token", AccountRules.TokenRule);
        AccountRules.NewPassword(errors, request.Password, Verification.IsToken(request.Token) ? await own.FindResetAsync(request.Token!, cancellationToken) : null);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        var result = await own.ResetPasswordAsync(request.Token!, request.Password!, Origins.Of(context), cancellationToken);
        return result.Status == AccountStatus.Done ? TypedResults.NoContent() : UserErrors.Of(result).ToResult();
    }
}
