using Causeway.Http;

namespace Causeway.Server;

/// <summary>What access is refused with.</summary>
internal static class AccessErrors
{
    public static ApiError NoCredential { get; } = new(ErrorCode.Unauthorized, "This needs a credential: Authorization: Bearer TOKEN");

    /// <summary>One answer for every reason a credential is not taken, so that nobody learns which it was.</summary>
    public static ApiError InvalidCredential { get; } = new(ErrorCode.Unauthorized, "The credential is not valid or has expired.");

    public static ApiError QueryTokenOff { get; } = new(ErrorCode.Unauthorized, "A token in the address is not taken here (Auth:AllowQueryToken).");

    public static ApiError ForeignPage { get; } = new(ErrorCode.Forbidden, "With the session's cookie only the service's own pages may do this: the request needs their Origin.");

    public static ApiError Forbidden { get; } = new(ErrorCode.Forbidden, "The credential does not allow this.");
}
