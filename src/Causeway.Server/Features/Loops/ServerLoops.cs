namespace Causeway.Server;

/// <summary>The server's own periodic work. What belongs to one feature is added by that.</summary>
internal static class ServerLoops
{
    public static IServiceCollection AddServerLoops(this IServiceCollection services) => services.AddLoops();
}
