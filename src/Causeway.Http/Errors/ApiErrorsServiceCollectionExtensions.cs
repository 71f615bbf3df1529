using Microsoft.AspNetCore.Routing;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Prepares endpoints for the one error shape.</summary>
public static class ApiErrorsServiceCollectionExtensions
{
    /// <summary>Lets parameters that can't be bound reach <c>UseApiErrors</c> with their reason, instead of ending as an empty 400.</summary>
    public static IServiceCollection AddApiErrors(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.Configure<RouteHandlerOptions>(static options => options.ThrowOnBadRequest = true);
    }
}
