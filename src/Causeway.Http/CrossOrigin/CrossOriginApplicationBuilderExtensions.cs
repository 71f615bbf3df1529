using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Causeway.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Adds cross-origin answers (CORS) to the pipeline.</summary>
public static class CrossOriginApplicationBuilderExtensions
{
    /// <summary>Lets pages of the origins in <see cref="HostAndOriginOptions.AllowedOrigins"/> read answers, with credentials, and answers their preflights with 204.</summary>
    /// <remarks>
    /// It refuses nobody: <c>UseHostAndOriginCheck</c> has done that before. The origin is repeated, never <c>*</c>; every answer has <c>Vary: Origin</c>. Endpoints marked by
    /// <see cref="PassThroughMetadata"/> bring headers of their own and get none. Without allowed origins it does nothing. Place it after routing, so that it sees those marks,
    /// and before anything that asks for a credential, since a preflight has none.
    /// </remarks>
    /// <param name="app">The pipeline.</param>
    /// <param name="configure">Changes what pages may send and read.</param>
    /// <exception cref="ValidationException">The options can't be sent.</exception>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The options validate themselves; no attribute is read by reflection.")]
    public static IApplicationBuilder UseCrossOrigin(this IApplicationBuilder app, Action<CrossOriginOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        var options = new CrossOriginOptions();
        configure?.Invoke(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        string[] origins = [.. app.ApplicationServices.GetRequiredService<IOptions<HostAndOriginOptions>>().Value.AllowedOrigins];
        return origins.Length == 0 ? app : app.Use(next => new CrossOriginMiddleware(next, origins, options).InvokeAsync);
    }
}
