using System.Globalization;
using System.Security.Claims;
using Causeway.Http;
using Microsoft.AspNetCore.Http;

namespace Causeway.Realtime;

/// <summary>The default: whoever the application's own authentication says it is; nobody in particular where it says nothing.</summary>
internal sealed class UserAuthenticator : IRealtimeAuthenticator
{
    private static readonly ApiError NoTokens = new(
        ErrorCode.Unauthorized, "Tokens over the live protocol need an IRealtimeAuthenticator of the application.");

    public ValueTask<AuthenticationOutcome> AuthenticateAsync(HttpContext context, string? token, CancellationToken cancellationToken)
    {
        if (token is not null)
        {
            return ValueTask.FromResult(AuthenticationOutcome.Refuse(NoTokens));
        }

        var user = context.User;
        var id = user.FindFirstValue(ClaimTypes.NameIdentifier) ?? user.FindFirstValue("sub") ?? user.Identity?.Name;
        if (user.Identity is not { IsAuthenticated: true } || id is null)
        {
            return ValueTask.FromResult(AuthenticationOutcome.Accept(RealtimeIdentity.Anonymous));
        }

        return ValueTask.FromResult(AuthenticationOutcome.Accept(new RealtimeIdentity
        {
            UserId = id,
            Name = user.Identity.Name ?? user.FindFirstValue("name"),
            ExpiresAt = long.TryParse(user.FindFirstValue("exp"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null,
            Permissions = user.FindAll("permissions").Select(static claim => claim.Value).ToHashSet(StringComparer.Ordinal),
        }));
    }

    public ValueTask<AuthenticationOutcome> RefreshAsync(ConnectionInfo connection, string token, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AuthenticationOutcome.Refuse(NoTokens));
}
