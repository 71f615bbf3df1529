using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text.Json;
using Causeway.Data;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Causeway.Identity;

/// <summary>Issues and reads signed access tokens: JWTs of one algorithm (HS256), one issuer and one audience, which always expire.</summary>
public sealed class AccessTokens
{
    private const string Party = "causeway";
    private const int MostRemembered = 4_096;

    // How far another machine's clock may be ahead: for nbf only. A token is void the moment it expires.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly SigningKeys _keys;
    private readonly TimeProvider _time;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false, MaximumTokenSizeInBytes = 16_384 };

    // A client sends the same token for minutes; checking its signature once is enough while the keys stay. Emptied when it is full.
    private readonly ConcurrentDictionary<string, Remembered> _read = new(StringComparer.Ordinal);

    /// <summary>Signs and verifies with these keys.</summary>
    public AccessTokens(SigningKeys keys, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(time);
        (_keys, _time) = (keys, time);
        keys.Changed += _read.Clear;
    }

    /// <summary>Signs a token for a user of another system: it stands for itself, with no account behind it.</summary>
    /// <exception cref="InvalidOperationException">The keys have not been loaded yet.</exception>
    public string Issue(string userId, string? name, IEnumerable<string> roles, IEnumerable<string> permissions, TimeSpan lifetime)
    {
        ArgumentException.ThrowIfNullOrEmpty(userId);
        var claims = Claims(userId, name, _time.GetUtcNow() + lifetime);
        claims["roles"] = roles.ToArray();
        claims["permissions"] = permissions.ToArray();
        return Sign(claims);
    }

    /// <summary>Signs a token for an account's session. What the account may do is not in it but looked up, so that a change counts at once.</summary>
    internal string Issue(string userId, string? name, string sessionId, long securityVersion, DateTimeOffset expiresAt)
    {
        var claims = Claims(userId, name, expiresAt);
        claims["sid"] = sessionId;
        claims["sv"] = securityVersion;
        return Sign(claims);
    }

    /// <summary>Reads a token; null where it is not one of ours, not valid or expired.</summary>
    public async ValueTask<AccessTokenClaims?> ReadAsync(string token, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (_read.TryGetValue(token, out var known))
        {
            return IsCurrent(known.NotBefore, known.Claims.ExpiresAt) ? known.Claims : null;
        }

        if (!_handler.CanReadToken(token))
        {
            return null;
        }

        var ring = await _keys.GetAsync(cancellationToken).ConfigureAwait(false);
        if (KeyIdOf(token) is not { } keyId)
        {
            return null;
        }

        if (ring.Find(keyId) is null)
        {
            ring = await _keys.LookAgainAsync(cancellationToken).ConfigureAwait(false);
        }

        if (ring.Find(keyId) is not { } key)
        {
            return null;
        }

        var result = await _handler.ValidateTokenAsync(token, RulesFor(key)).ConfigureAwait(false);
        if (result is not { IsValid: true, SecurityToken: JsonWebToken { Subject: { Length: > 0 and <= 128 } userId } jwt } || !DatabaseText.CanBeKept(userId))
        {
            return null;
        }

        // Read from the token's own JSON: the library's claims guess at types, and differ for one value and for many.
        using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.EncodedPayload));
        var claims = AccessTokenClaims.From(userId, new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero), document.RootElement);
        Remember(token, new Remembered(claims, jwt.TryGetPayloadValue<long>("nbf", out _) ? new DateTimeOffset(jwt.ValidFrom, TimeSpan.Zero) : null), ring);
        return claims;
    }

    private Dictionary<string, object> Claims(string userId, string? name, DateTimeOffset expiresAt)
    {
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["sub"] = userId,
            ["iat"] = _time.GetUtcNow().ToUnixTimeSeconds(),
            ["exp"] = expiresAt.ToUnixTimeSeconds(),
            ["jti"] = Guid.CreateVersion7().ToString(),
        };
        if (name is not null)
        {
            claims["name"] = name;
        }

        return claims;
    }

    private string Sign(Dictionary<string, object> claims) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Party,
        Audience = Party,
        Claims = claims,
        SigningCredentials = _keys.Ring.Current.Credentials,
    });

    private string? KeyIdOf(string token)
    {
        try
        {
            return _handler.ReadJsonWebToken(token).Kid is { Length: > 0 } id ? id : null;
        }
        catch (Exception exception) when (exception is ArgumentException or SecurityTokenException or JsonException)
        {
            return null;
        }
    }

    private TokenValidationParameters RulesFor(SigningKey key) => new()
    {
        ValidAlgorithms = [SecurityAlgorithms.HmacSha256],
        ValidIssuer = Party,
        ValidAudience = Party,
        RequireExpirationTime = true,
        RequireSignedTokens = true,
        TryAllIssuerSigningKeys = false,
        IssuerSigningKey = key.Jwt,
        LifetimeValidator = (notBefore, expires, _, _) => expires is { } end && IsCurrent(notBefore, new DateTimeOffset(DateTime.SpecifyKind(end, DateTimeKind.Utc))),
    };

    private bool IsCurrent(DateTimeOffset? notBefore, DateTimeOffset expires)
    {
        var now = _time.GetUtcNow();
        return expires > now && (notBefore is null || notBefore <= now + ClockSkew);
    }

    private void Remember(string token, Remembered remembered, SigningKeyRing ring)
    {
        if (_read.Count >= MostRemembered)
        {
            _read.Clear();
        }

        _read[token] = remembered;
        if (!ReferenceEquals(_keys.Ring, ring))
        {
            // The keys changed while the token was looked at: it is looked at again next time.
            _read.TryRemove(token, out _);
        }
    }

    private sealed record Remembered(AccessTokenClaims Claims, DateTimeOffset? NotBefore);
}
