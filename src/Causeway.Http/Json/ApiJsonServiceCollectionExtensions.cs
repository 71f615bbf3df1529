using System.Diagnostics.CodeAnalysis;
using Causeway.Http;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Sets how endpoints read and write JSON.</summary>
public static class ApiJsonServiceCollectionExtensions
{
    /// <summary>Applies <see cref="ApiJson"/> to the JSON of every endpoint.</summary>
    [RequiresDynamicCode(ApiJson.NeedsReflection)]
    public static IServiceCollection AddApiJson(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.ConfigureHttpJsonOptions(static options => ApiJson.Apply(options.SerializerOptions));
    }
}
