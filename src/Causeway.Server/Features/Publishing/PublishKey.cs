using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>A request's <c>Idempotency-Key</c> as durable rooms take it: there it is stored with the message, and counts after a crash as well.</summary>
internal static class PublishKey
{
    /// <summary>The key of a request with one message; null where it has none.</summary>
    public static string? Of(HttpContext context) => context.Features.Get<IdempotentRequest>() is { Key: var key }
        ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{key.Principal}\0{key.Target}\0{key.Key}")))
        : null;

    /// <summary>The key of one of a request's messages.</summary>
    public static string? Of(string? request, int index) => request is null ? null : string.Create(CultureInfo.InvariantCulture, $"{request}.{index}");
}
