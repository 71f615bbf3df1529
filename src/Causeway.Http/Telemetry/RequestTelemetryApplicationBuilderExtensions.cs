using System.Diagnostics.Metrics;
using Causeway.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds spans and durations of requests to the pipeline.</summary>
public static class RequestTelemetryApplicationBuilderExtensions
{
    /// <summary>
    /// A span for each request (activity source <c>Causeway.Http</c>), which goes on with the caller's <c>traceparent</c>, and the histogram
    /// <c>http.server.request.duration</c> (meter <c>Causeway.Http</c>). Neither has the query, a header or an address in it. Costs nothing while nobody listens.
    /// </summary>
    /// <param name="app">The pipeline.</param>
    /// <returns>The same pipeline.</returns>
    /// <remarks>Place it right behind the request ids, around the errors. Upgrades and event streams pass: their requests last for days.</remarks>
    public static IApplicationBuilder UseRequestTelemetry(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var services = app.ApplicationServices;
        return app.Use(next => new RequestTelemetry(
            next, services.GetRequiredService<IMeterFactory>(), services.GetService<TimeProvider>() ?? TimeProvider.System).InvokeAsync);
    }
}
