using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Backends that are asked, as a part of the service.</summary>
internal static class ServerCallOuts
{
    public static IServiceCollection AddServerCallOuts(this IServiceCollection services)
    {
        services.AddSingleton<CallOutsMetrics>();
        services.AddSingleton<CallOuts>();
        return services.AddSingleton<IRoomGuard>(static provider => provider.GetRequiredService<CallOuts>());
    }
}
