using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Causeway.Http;

/// <summary>Gives every request its id: the client's where it is usable, else a new UUIDv7.</summary>
internal sealed class RequestIdMiddleware(RequestDelegate next, ILogger logger)
{
    public const string HeaderName = "X-Request-Id";
    private const int MaxLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public Task InvokeAsync(HttpContext context)
    {
        var id = context.Request.Headers[HeaderName] is [{ Length: > 0 and <= MaxLength } given] && !given.AsSpan().ContainsAnyExcept(Allowed)
            ? given
            : Guid.CreateVersion7().ToString();
        context.TraceIdentifier = id;
        context.Response.Headers[HeaderName] = id;

        // Not disposed on purpose. A scope lives in the request's execution context, which the server drops after the request, and disposing
        // it would take a state machine that stays for as long as a live connection does.
        logger.BeginScope(new RequestIdScope(id));
        return next(context);
    }
}
