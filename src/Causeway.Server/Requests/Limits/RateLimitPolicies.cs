namespace Causeway.Server;

/// <summary>The names of the rate limits, as endpoints and the headers of answers have them.</summary>
internal static class RateLimitPolicies
{
    /// <summary>Every endpoint of the API that has no other.</summary>
    public const string Default = "default";

    /// <summary>What anybody may try without a credential, such as logging in: by network.</summary>
    public const string Auth = "auth";

    /// <summary>The same by the account that is tried; asked for by the handler, which alone has read its name.</summary>
    public const string AuthAccount = "auth_account";

    /// <summary>Publishing over HTTP.</summary>
    public const string Publish = "publish";

    /// <summary>Uploads and imports.</summary>
    public const string Upload = "upload";
}
