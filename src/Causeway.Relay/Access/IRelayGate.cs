using Causeway.Http;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>Decides who may use a route. Offered for the application to implement; without one, only routes with access <c>anyone</c> are open.</summary>
public interface IRelayGate
{
    /// <summary>Decides about one request, before anything is sent to a backend.</summary>
    /// <param name="context">The request.</param>
    /// <param name="route">The route it takes.</param>
    /// <param name="token">A credential found in a subprotocol <c>bearer.TOKEN</c>; null where there was none.</param>
    /// <param name="cancellationToken">The client is gone.</param>
    ValueTask<RelayDecision> DecideAsync(HttpContext context, RelayRoute route, string? token, CancellationToken cancellationToken);
}

/// <summary>What a gate decided.</summary>
public sealed record RelayDecision
{
    /// <summary>Let in, and nobody in particular.</summary>
    public static RelayDecision Anonymous { get; } = new();

    /// <summary>Why it is refused; null where it is let in.</summary>
    public ApiError? Error { get; init; }

    /// <summary>What the backend is told of the caller in the header <c>Causeway-Identity</c>: a signed statement; null for nobody.</summary>
    public string? Identity { get; init; }

    /// <summary>True where <c>Authorization</c> held a credential of this service, which no backend may see.</summary>
    public bool OwnsAuthorization { get; init; }

    /// <summary>True where <c>access_token</c> in the query was a credential of this service.</summary>
    public bool OwnsQueryToken { get; init; }

    /// <summary>Whether a cookie, by its name, is a credential of this service, which no backend may see; null where none is.</summary>
    public Predicate<string>? OwnsCookie { get; init; }

    /// <summary>Refuses.</summary>
    public static RelayDecision Refuse(ApiError error) => new() { Error = error };
}
