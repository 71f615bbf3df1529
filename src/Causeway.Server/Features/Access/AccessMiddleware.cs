using Causeway.Http;

namespace Causeway.Server;

/// <summary>Keeps out who does not meet the endpoint's <see cref="AccessRule"/>: 401 without a valid credential, 403 with one that does not suffice.</summary>
/// <remarks>Stands before the endpoint, so that nobody's body is read before they are known. An endpoint without a rule (the live ones, which ask for themselves, and the page) costs one look-up and no state machine.</remarks>
internal sealed class AccessMiddleware(RequestDelegate next, CallerResolver callers)
{
    public Task InvokeAsync(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is { } rule
        ? CheckAsync(context, rule)
        : next(context);

    private async Task CheckAsync(HttpContext context, AccessRule rule)
    {
        var (caller, error) = await callers.ResolveAsync(context, token: null, rule.IsLive);
        if (caller is null)
        {
            await ErrorWriter.WriteAsync(context, error!);
        }
        else if (!rule.Allows(caller, context))
        {
            await ErrorWriter.WriteAsync(context, AccessErrors.Forbidden);
        }
        else
        {
            context.Features.Set(caller);
            await next(context);
        }
    }
}
