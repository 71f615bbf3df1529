using System.ComponentModel.DataAnnotations;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Verifies addresses by links in mails.</summary>
internal static class Verification
{
    public const int MaxTokenLength = 200;

    /// <summary>The secret of a link.</summary>
    [Example("""{"token":"the-secret-of-the-link"}""")]
    internal sealed record VerifyEmailRequest
    {
        /// <summary>The secret of the link.</summary>
        [Required]
        [StringLength(MaxTokenLength, MinimumLength = 1)]
        public string? Token { get; init; }
    }

    public static bool IsToken(string? token) => token is { Length: > 0 and <= MaxTokenLength };

    public static async Task<IResult> VerifyAsync(JsonBody<VerifyEmailRequest> body, HttpContext context, Registration registration, CancellationToken cancellationToken)
    {
        if (!IsToken(body.Value.Token))
        {
            return FieldErrors.For("token", AccountRules.TokenRule).ToResult();
        }

        var result = await registration.VerifyEmailAsync(body.Value.Token!, Origins.Of(context), cancellationToken);
        return result.Status == AccountStatus.Done ? TypedResults.NoContent() : UserErrors.Of(result).ToResult();
    }

    /// <summary>Sends the link once more, at most once a minute.</summary>
    public static async Task<IResult> SendAsync(Caller caller, Registration registration, CancellationToken cancellationToken)
    {
        if (caller is not { UserId: { } userId, Access.SessionId: not null })
        {
            return AuthErrors.NotAnAccount.ToResult();
        }

        await registration.SendVerificationAsync(userId, cancellationToken);
        return TypedResults.Accepted((string?)null, new Passwords.Accepted("accepted"));
    }
}
