using Causeway.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the one error shape to the pipeline.</summary>
public static class ApiErrorsApplicationBuilderExtensions
{
    /// <summary>Answers every failure and every refusal without a body as <c>{"error":{"code","message","details","request_id"}}</c>.</summary>
    /// <remarks>
    /// Exceptions, but for those named by <c>AddApiError</c>, become <c>INTERNAL_ERROR</c> and are logged; what they say never leaves. Statuses from 400 on that come back with no body
    /// get one, whatever the <c>Accept</c> header says. An endpoint that means its empty body carries <c>ISkipStatusCodePagesMetadata</c>.
    /// An error after the response has started ends the connection. Place it after <c>UseRequestIds</c> and before everything that may fail.
    /// </remarks>
    public static IApplicationBuilder UseApiErrors(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Http.Errors");
        var mappings = app.ApplicationServices.GetServices<ApiErrorMapping>().ToArray();
        return app.Use(next => new ApiErrorsMiddleware(next, mappings, logger).InvokeAsync);
    }
}
