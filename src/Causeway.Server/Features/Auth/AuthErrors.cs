using System.Text.Json.Nodes;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>What logging in, registering and links are refused with.</summary>
internal static class AuthErrors
{
    /// <summary>One answer for an unknown address, a wrong password and a disabled account.</summary>
    public static ApiError WrongPassword { get; } = new(ErrorCode.Unauthorized, "Address or password is wrong.");

    public static ApiError NotVerified { get; } = new(ErrorCode.Forbidden, "The address has yet to be verified; a mail with a link is on its way.")
    {
        Details = new JsonObject { ["reason"] = "email_not_verified" },
    };

    public static ApiError RegistrationClosed { get; } = new(ErrorCode.Forbidden, "Accounts are made by whoever runs this service (Auth:AllowRegistration).");

    public static ApiError EmailTaken { get; } = new(ErrorCode.Conflict, "This address has an account already.") { Details = new JsonObject { ["field"] = "email" } };

    public static ApiError NoRefresh { get; } = new(ErrorCode.Unauthorized, "The session has ended; log in again.");

    public static ApiError NotAnAccount { get; } = new(ErrorCode.Forbidden, "This is for accounts; the credential belongs to none.") { Details = new JsonObject { ["reason"] = "needs_account" } };

    public static ApiError NeedsPassword { get; } = new(ErrorCode.Forbidden, "Another address needs the password too: send current_password.")
    {
        Details = new JsonObject { ["reason"] = "needs_password" },
    };

    public static ApiError NoSession { get; } = new(ErrorCode.NotFound, "There is no such session.");

    /// <summary>A field's rule rather than a status: the link came in a field, and a new one can be asked for.</summary>
    public static ApiError LinkIsOver { get; } = FieldErrors.For("token", "Has been used, has expired, or never was.");

    public static ApiError WrongCurrentPassword { get; } = FieldErrors.For("current_password", "Is not the account's password.");

    /// <summary>Too many passwords are being hashed at the moment.</summary>
    public static ApiError Busy { get; } = new(ErrorCode.Unavailable, "Too many passwords are being checked; try again in a second.") { RetryAfter = TimeSpan.FromSeconds(1) };

    /// <summary>Too many wrong passwords.</summary>
    public static ApiError SlowedDown(TimeSpan? wait) => new(ErrorCode.RateLimited, "Too many wrong passwords; wait before the next try.")
    {
        RetryAfter = wait,
        Details = new JsonObject { ["retry_after_ms"] = (long)(wait ?? TimeSpan.Zero).TotalMilliseconds },
    };
}
