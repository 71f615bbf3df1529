using Causeway.Realtime;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the live service to an application.</summary>
public static class RealtimeServiceCollectionExtensions
{
    /// <summary>Adds rooms, connections and their limits; <c>MapRealtime</c> and <c>MapRoomEvents</c> let clients in.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options in code; they may be bound from configuration as well.</param>
    /// <returns>A builder for typed handlers.</returns>
    public static RealtimeBuilder AddRealtime(this IServiceCollection services, Action<RealtimeOptions>? configure = null) => throw new NotImplementedException();
}
