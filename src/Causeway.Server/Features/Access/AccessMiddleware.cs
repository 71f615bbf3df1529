using Causeway.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Causeway.Server;

/// <summary>Keeps out who does not meet the endpoint's <see cref="AccessRule"/>: 401 without a valid credential, 403 with one that does not suffice.</summary>
/// <remarks>Stands before the endpoint, so that nobody's body is read before they are known; behind <see cref="CallerMiddleware"/>, which found out who it is.</remarks>
internal sealed class AccessMiddleware(RequestDelegate next, AccessMetrics metrics, RefusedRequests refused)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is not { } rule)
        {
            return next(context);
        }

        if (context.Features.Get<Caller>() is not { } caller)
        {
            return RefuseAsync(context, context.Features.GetRequiredFeature<NoCaller>().Error);
        }

        var checking = rule.CheckAsync(caller, context);
        return checking.IsCompletedSuccessfully ? GoOnAsync(context, checking.Result) : WaitAsync(context, checking);
    }

    private async Task WaitAsync(HttpContext context, ValueTask<ApiError?> checking) => await GoOnAsync(context, await checking);

    private Task GoOnAsync(HttpContext context, ApiError? refusal) => refusal is null ? next(context) : RefuseAsync(context, refusal);

    private Task RefuseAsync(HttpContext context, ApiError error)
    {
        metrics.CountRefused(error.Code);
        refused.Note(context, error);
        return ErrorWriter.WriteAsync(context, error);
    }
}
