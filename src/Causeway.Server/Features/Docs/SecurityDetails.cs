using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>How a credential is sent, and what it must be good for.</summary>
internal static class SecurityDetails
{
    /// <summary>Under this name the document describes how a token is sent.</summary>
    public const string Bearer = "bearer";

    private static readonly (string Name, OpenApiSecurityScheme Scheme)[] Schemes =
    [
        (Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The admin token, the access token of a log-in, or a token signed for a user (`causeway token create`). On the machine itself, while the service listens on loopback only, none is needed.",
        }),
        ("api_key", new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "cwk_PREFIX_SECRET",
            Description = "An API key, for servers; it may do what its scopes say, no more than its owner.",
        }),
        ("session", new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = "__Host-causeway",
            Description = "The session of a page of this service (log in with `cookie: true`); without HTTPS the cookie is `causeway-session-PORT`. What changes something must come from a page of its own.",
        }),
    ];

    public static void AddSchemes(OpenApiDocument document)
    {
        var schemes = document.Components!.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        foreach (var (name, scheme) in Schemes)
        {
            schemes[name] = scheme;
        }
    }

    /// <summary>One of the ways is enough; what stands behind it is the permission that the credential needs.</summary>
    public static IList<OpenApiSecurityRequirement> Require(AccessRule rule, OpenApiDocument document) =>
    [
        .. Schemes.Select(scheme => new OpenApiSecurityRequirement
        {
            [new OpenApiSecuritySchemeReference(scheme.Name, document)] = rule.Needed is { } permission ? [permission] : [],
        }),
    ];
}
