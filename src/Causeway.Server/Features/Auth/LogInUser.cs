using System.ComponentModel.DataAnnotations;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Starts a session for whoever knows an account's password.</summary>
internal static class LogInUser
{
    /// <summary>A log-in.</summary>
    [Example("""{"email":"ada@example.com","password":"correct horse battery"}""")]
    internal sealed record LogInRequest
    {
        /// <summary>The account's address.</summary>
        [Required]
        [StringLength(EmailAddress.MaxLength, MinimumLength = 3)]
        public string? Email { get; init; }

        /// <summary>Its password.</summary>
        [Required]
        [StringLength(PasswordRules.MaxCheckedLength, MinimumLength = 1)]
        public string? Password { get; init; }

        /// <summary>What the client runs on, for the list of sessions; its <c>User-Agent</c> when absent.</summary>
        [StringLength(AccountRules.MaxDeviceLength, MinimumLength = 1)]
        public string? Device { get; init; }

        /// <summary>Whether the session goes into a cookie that no script can read, for browsers.</summary>
        public bool Cookie { get; init; }
    }

    public static async Task<IResult> HandleAsync(JsonBody<LogInRequest> body, HttpContext context, LogIn logIn, SessionCookie cookie, CancellationToken cancellationToken)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        var email = AccountRules.Email(errors, request.Email);
        errors.Check(PasswordRules.IsWorthChecking(request.Password), "password", AccountRules.PasswordRule);
        errors.Check(request.Device is null || AccountRules.IsDevice(request.Device), "device", AccountRules.DeviceRule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        var result = await logIn.TryAsync(email!, request.Password!, Origins.ClientOf(context, request.Cookie, request.Device), cancellationToken);
        return result.Status switch
        {
            LogInStatus.LoggedIn => TypedResults.Ok(SessionResponse.Give(context, cookie, result.Tokens!, result.Account!)),
            LogInStatus.Refused => AuthErrors.WrongPassword.ToResult(),
            LogInStatus.NotVerified => AuthErrors.NotVerified.ToResult(),
            LogInStatus.SlowedDown => AuthErrors.SlowedDown(result.RetryAfter).ToResult(),
            _ => AuthErrors.Busy.ToResult(),
        };
    }
}
