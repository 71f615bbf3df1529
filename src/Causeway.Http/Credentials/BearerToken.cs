using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Reads a bearer token (RFC 6750) from the <c>Authorization</c> header, and from nowhere else.</summary>
public static class BearerToken
{
    private const string Scheme = "Bearer ";
    private const int MaxLength = 8_192;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");

    /// <summary>Finds the token of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="token">At most 8,192 characters of those RFC 6750 allows; not yet verified.</param>
    /// <returns>False where there is no header, more than one, another scheme or no well-formed token.</returns>
    public static bool TryGet(HttpContext context, [NotNullWhen(true)] out string? token)
    {
        ArgumentNullException.ThrowIfNull(context);
        token = null;
        if (context.Request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var value = header.AsSpan(Scheme.Length).Trim(' ');
        if (value.Length is 0 or > MaxLength || value.ContainsAnyExcept(Allowed))
        {
            return false;
        }

        token = value.ToString();
        return true;
    }
}
