using Microsoft.AspNetCore.Http.Metadata;

namespace Causeway.Server;

/// <summary>What an endpoint needs, takes and answers, said where it is mapped: some of it is enforced, all of it is in the OpenAPI document.</summary>
internal static class EndpointConventions
{
    /// <summary>Who may call it.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, AccessRule rule)
    {
        endpoint.WithMetadata(rule).Refuses(401, 403);
        return rule.AsksARoom ? endpoint.Refuses(404, 422, 503) : endpoint;
    }

    /// <summary>The largest body it takes, in bytes.</summary>
    public static RouteHandlerBuilder TakesUpTo(this RouteHandlerBuilder endpoint, long bytes) => endpoint.WithMetadata(new BodyLimit(bytes));

    /// <summary>Whether a request may carry an <c>Idempotency-Key</c>, so that a repeat does nothing again.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="inMemory">Keeps the keys in this process's memory, for work that is in memory itself and must not wait for a disk.</param>
    public static RouteHandlerBuilder TakesIdempotencyKey(this RouteHandlerBuilder endpoint, bool inMemory = false) =>
        endpoint.WithIdempotency(inMemory).WithMetadata(IdempotencyKeyMetadata.Instance).Refuses(409, 422, 503);

    /// <summary>What it answers with when all is well.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, int status) => endpoint.Produces<T>(status, "application/json");

    /// <summary>That these answers carry the version of what they show, as an <c>ETag</c>.</summary>
    public static RouteHandlerBuilder Tags(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.WithMetadata(new ResponseHeader(status, "ETag", "The version that is shown, for If-Match.", Always: false));
        }

        return endpoint;
    }

    /// <summary>What it answers with, without a body, when all is well.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder endpoint, int status) => endpoint.Produces(status);

    /// <summary>A header that it sends with one of its answers; <c>Location</c> of what was created is known by itself.</summary>
    public static RouteHandlerBuilder Sends(this RouteHandlerBuilder endpoint, int status, string header, string description) =>
        endpoint.WithMetadata(new ResponseHeader(status, header, description));

    /// <summary>That what it answers has a version, told as its <c>ETag</c>; a read of what the client has is answered 304.</summary>
    public static RouteHandlerBuilder HasVersion(this RouteHandlerBuilder endpoint, int status = 200, bool isRead = false)
    {
        endpoint.Sends(status, "ETag", "The version: send it back as If-Match to change this one and no newer.");
        return isRead ? endpoint.Answers(304).Sends(304, "ETag", "The version that the client has.") : endpoint;
    }

    /// <summary>What it may refuse with, besides what every endpoint may.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(ErrorDocument), ["application/json"]));
        }

        return endpoint;
    }
}
