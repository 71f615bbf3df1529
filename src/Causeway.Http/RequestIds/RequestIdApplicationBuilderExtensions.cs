using Causeway.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds request ids to the pipeline.</summary>
public static class RequestIdApplicationBuilderExtensions
{
    /// <summary>Takes the client's <c>X-Request-Id</c> (1–64 of <c>A-Z a-z 0-9 _ . -</c>) or makes a UUIDv7.</summary>
    /// <remarks>The id becomes the trace identifier, the log scope <c>request_id</c> and the response's <c>X-Request-Id</c>. Place it first.</remarks>
    public static IApplicationBuilder UseRequestIds(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Http.RequestIds");
        return app.Use(next => new RequestIdMiddleware(next, logger).InvokeAsync);
    }
}
