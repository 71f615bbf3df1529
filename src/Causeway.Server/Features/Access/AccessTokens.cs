using System.Buffers.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Causeway.Server;

/// <summary>Issues and reads signed access tokens: JWTs of one algorithm (HS256), one issuer and one audience, which always expire.</summary>
internal sealed class AccessTokens
{
    private const string Party = "causeway";

    // How far another machine's clock may be ahead: for nbf only. A token is void the moment it expires.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly SigningKeys _keys;
    private readonly TimeProvider _time;
    private readonly TokenValidationParameters _rules;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false, MaximumTokenSizeInBytes = 16_384 };

    public AccessTokens(SigningKeys keys, TimeProvider time)
    {
        _keys = keys;
        _time = time;
        _rules = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
            ValidIssuer = Party,
            ValidAudience = Party,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            TryAllIssuerSigningKeys = false,
            IssuerSigningKeyResolver = (_, _, kid, _) => keys.Find(kid) is { } key ? [key] : [],
            LifetimeValidator = (notBefore, expires, _, _) => IsCurrent(notBefore, expires),
        };
    }

    /// <summary>Signs a token for a user.</summary>
    public string Issue(string userId, string? name, IEnumerable<string> roles, IEnumerable<string> permissions, TimeSpan lifetime)
    {
        var now = _time.GetUtcNow();
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["sub"] = userId,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + lifetime).ToUnixTimeSeconds(),
            ["jti"] = Guid.CreateVersion7().ToString(),
            ["roles"] = roles.ToArray(),
            ["permissions"] = permissions.ToArray(),
        };
        if (name is not null)
        {
            claims["name"] = name;
        }

        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Party,
            Audience = Party,
            Claims = claims,
            SigningCredentials = new SigningCredentials(_keys.Current, SecurityAlgorithms.HmacSha256),
        });
    }

    /// <summary>Reads a token; null where it is not one of ours, not valid or expired.</summary>
    public async ValueTask<Caller?> ReadAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _rules);
        return result is { IsValid: true, SecurityToken: JsonWebToken { Subject: { Length: > 0 and <= 128 } userId } jwt } ? ToCaller(userId, jwt) : null;
    }

    private static Caller ToCaller(string userId, JsonWebToken jwt)
    {
        // Read from the token's own JSON: the library's claims guess at types, and differ for one value and for many.
        using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.EncodedPayload));
        var claims = document.RootElement;
        var roles = Strings(claims, "roles");
        return new Caller
        {
            Principal = "user:" + userId,
            UserId = userId,
            Name = claims.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null,
            IsAdmin = roles.Contains("admin"),
            Roles = roles,
            ExpiresAt = new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero),
            Permissions = Strings(claims, "permissions"),
        };
    }

    /// <summary>A claim that is a list of strings; another issuer may write a list of one as the string itself.</summary>
    private static HashSet<string> Strings(JsonElement claims, string name)
    {
        var strings = new HashSet<string>(StringComparer.Ordinal);
        if (!claims.TryGetProperty(name, out var value))
        {
            return strings;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            strings.Add(value.GetString()!);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            strings.UnionWith(value.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.String).Select(static item => item.GetString()!));
        }

        return strings;
    }

    private bool IsCurrent(DateTime? notBefore, DateTime? expires)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return expires > now && (notBefore is null || notBefore <= now + ClockSkew);
    }
}
