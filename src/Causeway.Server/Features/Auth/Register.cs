using System.ComponentModel.DataAnnotations;
using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Makes an account for whoever asks, where that is allowed.</summary>
internal static class Register
{
    /// <summary>An account to make.</summary>
    [Example("""{"email":"ada@example.com","password":"correct horse battery","name":"Ada"}""")]
    internal sealed record RegisterRequest
    {
        /// <summary>The address mail goes to.</summary>
        [Required]
        [StringLength(EmailAddress.MaxLength, MinimumLength = 3)]
        public string? Email { get; init; }

        /// <summary>8–128 characters, none of the commonest, not the address.</summary>
        [Required]
        [StringLength(PasswordRules.MaxLength, MinimumLength = PasswordRules.MinLength)]
        public string? Password { get; init; }

        /// <summary>A name for people.</summary>
        [StringLength(AccountRules.MaxNameLength, MinimumLength = 1)]
        public string? Name { get; init; }

        /// <summary>What the client runs on, for the list of sessions; its <c>User-Agent</c> when absent.</summary>
        [StringLength(AccountRules.MaxDeviceLength, MinimumLength = 1)]
        public string? Device { get; init; }

        /// <summary>Whether the session goes into a cookie that no script can read, for browsers.</summary>
        public bool Cookie { get; init; }
    }

    /// <summary>What happens next, where the address must be verified first.</summary>
    /// <param name="Status"><c>verification_sent</c>, whether or not the address had an account already.</param>
    internal sealed record Pending(string Status);

    public static async Task<IResult> HandleAsync(
        JsonBody<RegisterRequest> body, HttpContext context, Registration registration, RegistrationRule rule, SessionCookie cookie, RateLimiter limiter, CancellationToken cancellationToken)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        var email = AccountRules.Email(errors, request.Email);
        AccountRules.NewPassword(errors, request.Password, email);
        errors.Check(request.Name is null || AccountRules.IsName(request.Name), "name", AccountRules.NameRule);
        errors.Check(request.Device is null || AccountRules.IsDevice(request.Device), "device", AccountRules.DeviceRule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (!rule.IsOpen)
        {
            return AuthErrors.RegistrationClosed.ToResult();
        }

        if (limiter.TakeForAccount(context, RateLimitPolicies.AuthAccount, email!.Key) is { } limited)
        {
            return limited.ToResult();
        }

        context.Response.Headers.CacheControl = "no-store";
        var client = Origins.ClientOf(context, request.Cookie, request.Device);
        IResult? answer = null;
        var result = await registration.RegisterAsync(email, request.Password!, request.Name, client, KeepAsync, cancellationToken);
        return answer ?? (result.Status == RegistrationStatus.EmailTaken ? AuthErrors.EmailTaken : AuthErrors.Busy).ToResult();

        async Task KeepAsync(UnitOfWork unit, RegistrationResult made, CancellationToken token)
        {
            var kept = made.Status switch
            {
                RegistrationStatus.Registered => new KeptAnswer(StatusCodes.Status201Created, SessionResponse.From(made.Tokens!, made.Account!))
                {
                    Location = "/api/v1/auth/me",
                    Cookie = made.Tokens!.Kind == SessionKind.Cookie ? cookie.Header(context, made.Tokens) : null,
                },
                RegistrationStatus.MailSent => new KeptAnswer(StatusCodes.Status202Accepted, new Pending("verification_sent")),
                _ => null,
            };
            answer = kept is null ? null : await KeptAnswers.KeepAsync(context, unit, kept, token);
        }
    }
}

/// <summary>Whether anybody may make an account for themselves.</summary>
/// <param name="IsOpen">As <c>Auth:AllowRegistration</c> says; where it says nothing, while this machine alone reaches the service.</param>
internal sealed record RegistrationRule(bool IsOpen);
