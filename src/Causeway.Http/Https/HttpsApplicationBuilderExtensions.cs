using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Causeway.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds the way to HTTPS to the pipeline.</summary>
public static class HttpsApplicationBuilderExtensions
{
    /// <summary>Answers plain requests with 308 to HTTPS where <see cref="HttpsOptions.RedirectTo"/> names a place; over HTTPS sends <c>Strict-Transport-Security</c>, but not for addresses and localhost.</summary>
    /// <remarks>Path and query stay. Place it after forwarded headers, which say what the client used, and after the check of the host, so that nobody is sent to a strange one.</remarks>
    /// <param name="app">The pipeline.</param>
    /// <param name="configure">Says where to and for how long.</param>
    /// <exception cref="ValidationException">The options contradict each other.</exception>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The options validate themselves; no attribute is read by reflection.")]
    public static IApplicationBuilder UseHttpsPolicy(this IApplicationBuilder app, Action<HttpsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new HttpsOptions();
        configure(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        return app.Use(next => new HttpsMiddleware(next, options).InvokeAsync);
    }
}
