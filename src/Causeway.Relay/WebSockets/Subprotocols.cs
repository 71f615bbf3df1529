using Causeway.Http;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>What a client offers in <c>Sec-WebSocket-Protocol</c>: subprotocols for the backend, and perhaps a credential, which no backend sees.</summary>
/// <param name="Offers">For the backend.</param>
/// <param name="Token">The credential; null for none.</param>
internal readonly record struct Subprotocols(IReadOnlyList<string> Offers, string? Token)
{
    private const string BearerPrefix = "bearer.";

    /// <summary>Why it can't be taken: a browser fails a WebSocket that answers none of its offers.</summary>
    public ApiError? Error => Token is not null && Offers.Count == 0
        ? new ApiError(ErrorCode.InvalidMessage, "Offer a subprotocol of the backend beside the credential: a browser fails without an answer to one of its offers.")
        : null;

    public static Subprotocols Of(HttpContext context)
    {
        if (context.Request.Headers.SecWebSocketProtocol is not { Count: > 0 } header)
        {
            return new Subprotocols([], null);
        }

        var all = header.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new Subprotocols(
            [.. all.Where(static offer => !IsToken(offer))],
            all.FirstOrDefault(IsToken)?[BearerPrefix.Length..]);
    }

    private static bool IsToken(string offer) => offer.StartsWith(BearerPrefix, StringComparison.Ordinal);
}
