using Causeway.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the log of requests to the pipeline.</summary>
public static class RequestLogApplicationBuilderExtensions
{
    /// <summary>Logs requests and answers while <see cref="RequestLog"/> says so: method, path, status and time, headers and JSON bodies where wanted; never a credential.</summary>
    /// <remarks>
    /// Masked are headers, query parameters and JSON fields whose names tell of a secret, at any depth, and values that look like a token wherever they stand. Bodies that are not JSON, those of
    /// <see cref="PassThroughMetadata"/> endpoints, and those of live connections are never logged; of the latter only that they came. Needs <c>AddRequestLog</c>. Place it outside of everything whose
    /// answers it should see, and inside of the request ids.
    /// </remarks>
    public static IApplicationBuilder UseRequestLog(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var services = app.ApplicationServices;
        var log = services.GetService<RequestLog>() ?? throw new InvalidOperationException("UseRequestLog needs services.AddRequestLog().");
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Http.Requests");
        return app.Use(next => new RequestLogMiddleware(next, log, services.GetRequiredService<TimeProvider>(), logger).InvokeAsync);
    }
}
