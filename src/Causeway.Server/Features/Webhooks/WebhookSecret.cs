using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Causeway.Server;

/// <summary>A key that what is sent to an endpoint is signed with.</summary>
/// <param name="Id">Tells it from others of the endpoint.</param>
/// <param name="Value">The key: <c>whsec_</c> and 32 random bytes in base64url. Its characters are what signs.</param>
/// <param name="CreatedAt">When it was made, in Unix milliseconds.</param>
/// <param name="ExpiresAt">When it stops signing; null for never.</param>
internal sealed record WebhookSecret(string Id, string Value, long CreatedAt, long? ExpiresAt = null)
{
    private const string Prefix = "whsec_";
    private const int Bytes = 32;
    private const int Shown = 4;

    /// <summary>What may be shown of it: enough to tell two apart.</summary>
    public string Hint => Prefix + "…" + Value[^Shown..];

    public static WebhookSecret Create(DateTimeOffset now) =>
        new(Guid.CreateVersion7(now).ToString(), Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)), now.ToUnixTimeMilliseconds());

    public static IReadOnlyList<WebhookSecret> Read(string column) => JsonSerializer.Deserialize<List<WebhookSecret>>(column) ?? [];

    public static string Write(IReadOnlyList<WebhookSecret> secrets) => JsonSerializer.Serialize(secrets);

    /// <summary>Whether it signs at a moment.</summary>
    public bool IsLive(DateTimeOffset now) => ExpiresAt is null || ExpiresAt > now.ToUnixTimeMilliseconds();

    /// <summary>What a request is signed with: <c>t=SECONDS</c>, and <c>v1=</c> with the HMAC-SHA256 of <c>SECONDS.BODY</c> in lower-case hexadecimal for each key that is live.</summary>
    public static string Sign(IEnumerable<WebhookSecret> secrets, DateTimeOffset now, ReadOnlySpan<byte> body)
    {
        var seconds = now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes(seconds), (byte)'.', .. body];
        var header = new StringBuilder("t=").Append(seconds);
        foreach (var secret in secrets.Where(secret => secret.IsLive(now)))
        {
            header.Append(",v1=").Append(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.ASCII.GetBytes(secret.Value), signed)));
        }

        return header.ToString();
    }
}
