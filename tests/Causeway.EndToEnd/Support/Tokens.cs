using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Causeway.EndToEnd;

/// <summary>Signs access tokens as another service that shares the key would.</summary>
internal static class Tokens
{
    private static readonly byte[] Key = Encoding.ASCII.GetBytes("an end-to-end test's shared key, 32+ bytes");

    /// <summary>The server's configuration to go with it: credentials are required, even from this machine.</summary>
    public static string Configuration(string realtime = "{}") => $$"""
        { "Auth": { "Mode": "required", "AllowedOrigins": ["https://app.example"], "SigningKeys": [{ "Id": "test", "Key": "{{Convert.ToBase64String(Key)}}" }] },
          "Realtime": {{realtime}} }
        """;

    /// <summary>A token for a user.</summary>
    public static string For(string userId, TimeSpan? lifetime = null, params string[] permissions)
    {
        var now = TimeProvider.System.GetUtcNow();
        var header = new JsonObject { ["alg"] = "HS256", ["typ"] = "JWT", ["kid"] = "test" };
        var claims = new JsonObject
        {
            ["iss"] = "causeway",
            ["aud"] = "causeway",
            ["sub"] = userId,
            ["name"] = $"{userId} the user",
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + (lifetime ?? TimeSpan.FromMinutes(15))).ToUnixTimeSeconds(),
            ["permissions"] = new JsonArray([.. permissions.Select(static p => JsonValue.Create(p))]),
        };
        var signed = $"{Base64Url(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Base64Url(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return string.Create(CultureInfo.InvariantCulture, $"{signed}.{Base64Url(HMACSHA256.HashData(Key, Encoding.ASCII.GetBytes(signed)))}");
    }

    private static string Base64Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
