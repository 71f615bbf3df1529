using System.Text.Json.Nodes;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>What a change to an account is refused with.</summary>
internal static class UserErrors
{
    public static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such user.");

    public static ApiError GreaterThanCaller { get; } = new(ErrorCode.Forbidden, "Nobody gives or takes away what they may not do themselves.")
    {
        Details = new JsonObject { ["reason"] = "beyond_caller" },
    };

    public static ApiError OtherVersion { get; } = new(ErrorCode.Conflict, "It was changed meanwhile; read it again.");

    /// <summary>The refusal of a change that was not done.</summary>
    public static ApiError Of(AccountResult result) => result.Status switch
    {
        AccountStatus.NotFound => NotFound,
        AccountStatus.EmailTaken => AuthErrors.EmailTaken,
        AccountStatus.UnknownRoles => UnknownRoles(result.UnknownRoles!),
        AccountStatus.OtherVersion => OtherVersion,
        AccountStatus.WrongPassword => AuthErrors.WrongCurrentPassword,
        AccountStatus.LinkIsOver => AuthErrors.LinkIsOver,
        AccountStatus.SlowedDown => AuthErrors.SlowedDown(result.RetryAfter),
        AccountStatus.Busy => AuthErrors.Busy,
        _ => throw new ArgumentOutOfRangeException(nameof(result)),
    };

    private static ApiError UnknownRoles(IReadOnlyList<string> names) => FieldErrors.For("roles", "There is no role " + string.Join(", ", names) + ".") with
    {
        Details = new JsonObject
        {
            ["fields"] = new JsonObject { ["roles"] = "There is no role " + string.Join(", ", names) + "." },
            ["unknown"] = new JsonArray([.. names.Select(static name => JsonValue.Create(name))]),
        },
    };
}
