using Causeway.Hosting;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Adds who is let in, to the API and to the live service alike.</summary>
internal static class AccessServiceCollectionExtensions
{
    public static IServiceCollection AddAccess(this IServiceCollection services, ServerSettings settings)
    {
        // Made here and not on first use: a key file that can't be read must fail the start, and the files must be there before anyone asks.
        PrivateDirectory.Create(settings.DataDirectory);
        var adminToken = AdminToken.LoadOrCreate(settings.DataDirectory);
        var keys = SigningKeys.Load([.. settings.Auth.SigningKeys], settings.DataDirectory);
        services.AddSingleton(adminToken);
        services.AddSingleton(keys);
        services.AddSingleton<AccessTokens>();
        services.AddSingleton(provider => new CallerResolver(
            adminToken, provider.GetRequiredService<AccessTokens>(), provider.GetRequiredService<Exposure>(), settings.Auth.AllowQueryToken));
        services.AddSingleton<IRealtimeAuthenticator, RealtimeAuthenticator>();
        return services;
    }
}
