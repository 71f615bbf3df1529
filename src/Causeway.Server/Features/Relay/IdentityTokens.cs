using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Causeway.Server;

/// <summary>Says who a caller is, to one backend and for a minute: a JWT (HS256) that the backend verifies with its own key.</summary>
internal sealed class IdentityTokens(IdentityKeys keys, TimeProvider time)
{
    private const int MaxKept = 4_096;

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    // A backend must have time left to look at it.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<(string Backend, string Caller), Statement> _kept = new();
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>The statement; the same for some seconds, so that not every request is signed.</summary>
    public string Issue(string backend, Caller caller)
    {
        var now = time.GetUtcNow();
        var id = (backend, NameOf(caller));
        var key = keys.Of(backend);
        if (_kept.TryGetValue(id, out var kept) && kept.Until > now && ReferenceEquals(kept.Key, key))
        {
            return kept.Token;
        }

        var ends = caller.ExpiresAt is { } own && own < now + Lifetime ? own : now + Lifetime;
        var statement = new Statement(Sign(backend, caller, key, now, ends), ends - Margin, key);
        if (_kept.Count >= MaxKept)
        {
            _kept.Clear();
        }

        _kept[id] = statement;
        return statement.Token;
    }

    /// <summary>Everything the statement says, so that no two callers share one: as JSON, since a name may hold whatever a separator would be.</summary>
    private static string NameOf(Caller caller) =>
        caller.UserId is null ? caller.Principal : JsonSerializer.Serialize<string?[]>([caller.Principal, caller.Name, .. caller.Roles]);

    private string Sign(string backend, Caller caller, byte[] key, DateTimeOffset now, DateTimeOffset ends)
    {
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = ends.ToUnixTimeSeconds(),
            ["roles"] = caller.UserId is null ? ["admin"] : caller.Roles.ToArray(),
        };
        if (caller.UserId is { } userId)
        {
            claims["sub"] = userId;
        }

        if (caller.Name is { } name)
        {
            claims["name"] = name;
        }

        if (ReferenceEquals(caller, Caller.LocalAdmin))
        {
            claims["local"] = true;
        }

        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = "causeway",
            Audience = backend,
            Claims = claims,
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(key), SecurityAlgorithms.HmacSha256),
        });
    }

    private sealed record Statement(string Token, DateTimeOffset Until, byte[] Key);
}
