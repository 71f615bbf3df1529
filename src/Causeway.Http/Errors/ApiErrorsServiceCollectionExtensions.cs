using Causeway.Http;
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

    /// <summary>Tells an exception of another library as an error of its own, instead of as a failure of the server. It is logged for debugging only.</summary>
    /// <typeparam name="TException">Which, with those derived from it.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="describe">What clients are told; nothing of it may come from the exception's message.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddApiError<TException>(this IServiceCollection services, Func<TException, ApiError> describe)
        where TException : Exception
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(describe);
        return services.AddSingleton(new ApiErrorMapping(exception => exception is TException known ? describe(known) : null));
    }

    /// <summary>The same where it depends on the state of the application.</summary>
    /// <typeparam name="TException">Which, with those derived from it.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="describe">What clients are told; null for what is a failure of the server nevertheless.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddApiError<TException>(this IServiceCollection services, Func<IServiceProvider, TException, ApiError?> describe)
        where TException : Exception
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(describe);
        return services.AddSingleton(provider => new ApiErrorMapping(exception => exception is TException known ? describe(provider, known) : null));
    }
}
