using Causeway.Http;

namespace Causeway.Server;

/// <summary>Finds out who asks, where the endpoint has an <see cref="AccessRule"/>; whoever needs to know finds the <see cref="Caller"/>, or why there is none, among the request's features.</summary>
/// <remarks>Lets nobody in and keeps nobody out. An endpoint without a rule (the live ones, which ask for themselves, and the page) costs one look-up and no state machine.</remarks>
internal sealed class CallerMiddleware(RequestDelegate next, CallerResolver callers)
{
    public Task InvokeAsync(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is { } rule
        ? FindAsync(context, rule)
        : next(context);

    private async Task FindAsync(HttpContext context, AccessRule rule)
    {
        var (caller, error) = await callers.ResolveAsync(context, token: null, rule.IsLive);
        if (caller is not null)
        {
            context.Features.Set(caller);
        }
        else
        {
            context.Features.Set(new NoCaller(error!));
        }

        await next(context);
    }
}

/// <summary>Why nobody is known to have sent a request.</summary>
/// <param name="Error">The refusal.</param>
internal sealed record NoCaller(ApiError Error);
